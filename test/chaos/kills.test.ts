/**
 * Issue "a key management server ... can be trusted": server, front and engines are killed in turn under load, and
 * nothing that was acknowledged is lost. LOCKHOLM_CHAOS is the number of kills.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { KMS } from '@aws-sdk/client-kms';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { readCredentials } from '../clients/environment.ts';
import { seeded } from '../support/random.ts';
import type { TestServer } from '../support/server.ts';
import { Book } from './book.ts';
import { Caller } from './caller.ts';
import { filesThatHold } from './files.ts';
import { readJournal, wrongCalls, wrongEffects, wrongOrder } from './journal.ts';
import { unseen } from './processes.ts';
import { enableAll, readServed, wrongAliases, wrongCiphertexts, wrongKeys } from './served.ts';
import { targets, Victim } from './victim.ts';
import { Worker } from './worker.ts';

const kills = Number(process.env.LOCKHOLM_CHAOS ?? 100);
const WORKERS = 16;
const ATTEMPTS = 4;
/** Calls that are acknowledged before the first kill. */
const WARM = 200;
const ANSWER_MS = 30_000;
/** Between a recovery and the next kill. */
const QUIET_MS = 250;
/** Every so many kills the next one does not wait for the recovery. */
const IMPATIENT = 5;
const SECRETS = 200;

const random = seeded('kills in turn');
const marker = randomBytes(24).toString('latin1');

function client({ endpoint, credentialsFile }: TestServer, book: Book): KMS {
  const kms = new KMS({
    endpoint,
    region: 'us-east-1',
    credentials: readCredentials(credentialsFile),
    maxAttempts: ATTEMPTS,
    requestHandler: { requestTimeout: ANSWER_MS, throwOnRequestTimeout: true },
  });
  kms.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        book.attempt(error);
        throw error;
      }
    },
    { step: 'finalizeRequest', priority: 'low', name: 'attempts' },
  );
  return kms;
}

async function killInTurn(victim: Victim, progress: (killed: number) => void): Promise<void> {
  for (let killed = 0; killed < kills; killed += 1) {
    await victim.kill(targets[killed % targets.length] ?? 'server');
    if (killed % IMPATIENT > 0) {
      await victim.healthy();
      await sleep(random.below(QUIET_MS));
    }
    progress(killed + 1);
  }
  await victim.healthy();
}

const counts = (map: ReadonlyMap<string, number>): string =>
  [...map].map(([name, count]) => `${name} ${count}`).join(', ') || 'none';

test(`nothing acknowledged is lost in ${kills} kills`, { skip: unseen, timeout: 900_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lockholm-chaos-'));
  const data = join(folder, 'data');
  const book = new Book();
  const victim = await Victim.start(data, random);
  const kms = client(victim.server, book);
  t.after(async () => {
    kms.destroy();
    await victim.server.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  const workers = Array.from(
    { length: WORKERS },
    (_, i) => new Worker(new Caller(`worker-${i}`, kms, seeded(`worker ${i}`), book), marker),
  );
  const say = (text: string) => console.log(`chaos: ${text}`);

  const stop = new AbortController();
  const load = Promise.all(workers.map((worker) => worker.run(stop.signal)));
  while (book.acknowledged.length < WARM) await sleep(10);
  await killInTurn(victim, (killed) => {
    if (killed % 10 === 0 || killed === kills)
      say(`${killed} of ${kills} kills, ${book.acknowledged.length} calls acknowledged`);
  }).finally(() => stop.abort());
  await load;
  say(`calls that failed: ${counts(book.failures)}; attempts that failed: ${counts(book.attempts)}`);
  const acknowledged = [...book.acknowledged];
  const sealed = workers.flatMap((worker) => worker.sealed);
  const found = await readServed(kms);

  await t.test('no answer was wrong', () => assert.deepEqual(book.violations, []));
  await t.test('every key, tag and policy is as acknowledged', () => {
    assert(workers.some(({ keys }) => keys.length > 0));
    assert.deepEqual(wrongKeys(found, workers), []);
  });
  await t.test('every alias is as acknowledged', () => assert.deepEqual(wrongAliases(found, workers), []));
  await enableAll(kms, found);
  await t.test('every ciphertext opens', async () => {
    assert(sealed.length > 0);
    assert.deepEqual(await wrongCiphertexts(kms, sealed), []);
  });
  const served = await readServed(kms);
  await t.test('the server stops in order', async () => assert.equal(await victim.server.stop(), 0));

  const { events, counters, torn } = await readJournal(data);
  say(`${events.length} events, ${counters.uses} uses in ${counters.sessions} engine sessions`);
  await t.test('the journal is whole', () => {
    assert.equal(torn, 0);
    assert.deepEqual(wrongOrder(events), []);
  });
  await t.test('the journal has every acknowledged call once', () =>
    assert.deepEqual(wrongCalls(events, acknowledged), []),
  );
  await t.test('the journal has every effect that is served', () =>
    assert.deepEqual(wrongEffects(events, served), []),
  );
  await t.test('no use of a key is missing from the journal', () => {
    const { gaps, repeated, late, unopened, open } = counters;
    const none = { gaps: [], repeated: [], late: [], unopened: [], open: [] };
    assert.deepEqual({ gaps, repeated, late, unopened, open }, none);
  });
  await t.test('the outbox is empty', async () => {
    const store = await openSqliteStore(join(data, 'lockholm.db'));
    try {
      assert.deepEqual(await store.outbox(10), []);
    } finally {
      await store.close();
    }
  });
  await t.test('no plaintext, data key or ciphertext is in a file', () => {
    const dataKeys = sealed.flatMap(({ plaintext }) => (plaintext?.length === 32 ? [plaintext] : []));
    const ciphertexts = sealed.map(({ ciphertext }) => ciphertext);
    const secrets = [Buffer.from(marker), ...dataKeys.slice(-SECRETS), ...ciphertexts.slice(-SECRETS)];
    assert.deepEqual(filesThatHold(data, secrets), []);
  });
});
