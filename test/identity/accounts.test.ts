import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../src/core/clock.ts';
import { must, parseAccountId } from '../../src/core/ids.ts';
import { newAccessKeyId } from '../../src/identity/access-keys.ts';
import {
  FIRST_ACCOUNT,
  getAccount,
  listAccounts,
  newAccount,
  newAccountId,
} from '../../src/identity/accounts.ts';
import { SigV4Verifier } from '../../src/identity/sigv4/verifier.ts';
import { engineAuthenticator } from '../../src/store/engine-authenticator.ts';
import { openRows } from '../../src/store/rows.ts';
import type { FrontRows } from '../../src/store/rows-contract.ts';
import { temporaryStore } from '../store/temporary.ts';
import { startEngines, type TestEngines } from '../support/engines.ts';
import { headOf, signedHeaders } from './signing.ts';

describe('accounts and their root access keys, with real engines', () => {
  let engines: TestEngines;
  let rows: FrontRows;
  let destroy: () => Promise<void>;
  before(async () => {
    engines = await startEngines();
    const temporary = await temporaryStore();
    destroy = temporary.destroy;
    rows = await openRows(temporary.store, engineAuthenticator(engines.engine));
  });
  after(async () => {
    await destroy();
    await engines.stop();
  });

  const open = async (id = newAccountId(), name = 'test') => {
    const made = await newAccount(engines.engine, systemClock, id, name);
    await rows.commit(made.change);
    return made;
  };

  test('the first account is stored, listed, and its access key signs', async () => {
    const { account, accessKey } = await open(FIRST_ACCOUNT, 'first');
    assert.deepEqual(await getAccount(rows, FIRST_ACCOUNT), account);
    assert.match(accessKey.accessKeyId, /^AKIA[A-Z2-7]{16}$/);
    assert.match(accessKey.secret, /^[A-Za-z0-9/+]{40}$/);
    const verifier = new SigV4Verifier({ rows, engine: engines.engine, clock: systemClock });
    const sign = (secretAccessKey: string) =>
      headOf(
        signedHeaders({ accessKeyId: accessKey.accessKeyId, secretAccessKey }, { time: systemClock.now() }),
      );
    const bodyHash = hash('sha256', '{}', 'hex');
    const { caller } = await verifier.authenticate(sign(accessKey.secret), 'kms', bodyHash);
    assert.equal(caller.arn, 'arn:aws:iam::000000000000:root');
    const wrong = async () => verifier.authenticate(sign(`${accessKey.secret}x`), 'kms', bodyHash);
    await assert.rejects(wrong, { code: 'InvalidSignatureException' });
  });

  test('the stored row holds no secret', async () => {
    const { accessKey } = await open();
    const row = await rows.get('access-key', accessKey.accessKeyId);
    assert.ok(!JSON.stringify(row).includes(accessKey.secret));
  });

  test('an account is not made twice', async () => {
    const id = must(parseAccountId('222233334444'), 'account');
    await open(id);
    await assert.rejects(open(id), { code: 'conflict' });
  });

  test('all accounts are listed, by id', async () => {
    const ids = (await listAccounts(rows)).map(({ id }) => id);
    assert.deepEqual(ids, [...ids].sort());
    assert.ok(ids.includes(FIRST_ACCOUNT));
  });
});

test('new ids differ and have AWS form', () => {
  const ids = Array.from({ length: 100 }, newAccessKeyId);
  assert.equal(new Set(ids).size, 100);
  for (const id of ids) assert.match(id, /^AKIA[A-Z2-7]{16}$/);
});
