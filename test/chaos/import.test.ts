import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidImportTokenException, KMS, KMSInvalidStateException } from '@aws-sdk/client-kms';
import { readCredentials } from '../clients/environment.ts';
import { fails } from '../clients/sdk.ts';
import { seeded } from '../support/random.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { oaep } from '../support/wrapping.ts';
import { readJournal } from './journal.ts';
import { kill, partsOf, unseen } from './processes.ts';
import { signedCall } from './signed.ts';

const ROUNDS = 4;
const FOREVER = 'KEY_MATERIAL_DOES_NOT_EXPIRE';

/** Kills every process at the first byte of the answer, or `after` milliseconds after sending. Whether it answered. */
async function callAndKill(
  server: TestServer,
  operation: string,
  input: object,
  after: number | undefined,
): Promise<boolean> {
  const pids = [...partsOf(server.pid).values(), server.pid];
  const { request, body } = signedCall(server, operation, input);
  const killAll = () => pids.forEach(kill);
  if (after === undefined) request.on('socket', (socket) => socket.prependOnceListener('data', killAll));
  const answered = once(request, 'response').then(
    ([response]: IncomingMessage[]) => {
      response?.on('error', () => undefined).resume();
      return response?.statusCode === 200;
    },
    () => false,
  );
  request.end(body);
  if (after !== undefined) {
    await sleep(after);
    killAll();
  }
  return answered;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

test(`an import and a deletion hold or never were, across ${ROUNDS} kills`, { skip: unseen }, async (t) => {
  const random = seeded('kills of imports');
  const folder = mkdtempSync(join(tmpdir(), 'lockholm-chaos-'));
  const data = join(folder, 'data');
  let server = await startServer({ data });
  t.after(async () => {
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  const { endpoint, credentialsFile } = server;
  const kms = new KMS({ endpoint, region: 'us-east-1', credentials: readCredentials(credentialsFile) });
  t.after(() => kms.destroy());
  const again = async () => {
    await server.kill();
    server = await startServer({ data, listen: new URL(endpoint).host });
  };
  const stateOf = async (KeyId: string) => (await kms.describeKey({ KeyId })).KeyMetadata?.KeyState;
  const imports: string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const after = round % 2 === 0 ? undefined : random.below(25);
    const { KeyId = '', Arn = '' } = (await kms.createKey({ Origin: 'EXTERNAL' })).KeyMetadata ?? {};
    const wrapping = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' } as const;
    const { ImportToken, PublicKey } = await kms.getParametersForImport({ KeyId, ...wrapping });
    assert.ok(ImportToken && PublicKey);
    const EncryptedKeyMaterial = oaep()(PublicKey, randomBytes(32));
    const input = { KeyId, ImportToken, EncryptedKeyMaterial, ExpirationModel: FOREVER } as const;
    const sent = {
      ...input,
      ImportToken: base64(ImportToken),
      EncryptedKeyMaterial: base64(EncryptedKeyMaterial),
    };
    const answered = await callAndKill(server, 'ImportKeyMaterial', sent, after);
    await again();
    const state = await stateOf(KeyId);
    if (answered) assert.equal(state, 'Enabled');
    if (state === 'Enabled') await fails(kms.importKeyMaterial(input), InvalidImportTokenException);
    // It never was: the same request succeeds.
    else await kms.importKeyMaterial(input);
    imports.push(Arn);
    const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext: Buffer.from('x') });

    const deleted = await callAndKill(server, 'DeleteImportedKeyMaterial', { KeyId }, after);
    await again();
    if (deleted) assert.equal(await stateOf(KeyId), 'PendingImport');
    await kms.deleteImportedKeyMaterial({ KeyId });
    await fails(kms.decrypt({ CiphertextBlob }), KMSInvalidStateException);
  }
  assert.equal(await server.stop(), 0);
  const { events } = await readJournal(data);
  const succeeded = events.filter(
    ({ envelope: { name, errorCode } }) => name === 'ImportKeyMaterial' && errorCode === undefined,
  );
  assert.deepEqual(
    succeeded.map(({ envelope }) => envelope.resources[0]),
    imports,
  );
});
