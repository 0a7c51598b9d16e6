import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { KMS } from '@aws-sdk/client-kms';
import { readCredentials } from '../clients/environment.ts';
import { startServer, type TestServer } from '../support/server.ts';
import type { Acknowledged } from './book.ts';
import { readJournal, wrongCalls } from './journal.ts';
import { kill, partsOf, unseen } from './processes.ts';
import { signedCall } from './signed.ts';

const ROUNDS = 20;

/** Resolves with the request id, once every process was killed at the first byte of the answer. */
async function callAndKill(server: TestServer, operation: string, input: object): Promise<string> {
  const pids = [...partsOf(server.pid).values(), server.pid];
  const { request, body } = signedCall(server, operation, input);
  request.on('socket', (socket) => socket.prependOnceListener('data', () => pids.forEach(kill)));
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  // What is left of the answer may be lost with the server.
  response.on('error', () => undefined).resume();
  assert.equal(response.statusCode, 200);
  return String(response.headers['x-amzn-requestid']);
}

test(`what was acknowledged is there after kill -9 at once, ${ROUNDS} times`, { skip: unseen }, async (t) => {
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
  const { KeyId, Arn: keyArn = '' } = (await kms.createKey({})).KeyMetadata ?? {};
  const names: string[] = [];
  const acknowledged: Acknowledged[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    // In turn what the outbox keeps and what only the journal has.
    const AliasName = `alias/round-${String(round).padStart(2, '0')}`;
    const [operation, input] =
      round % 2 === 0
        ? ['CreateAlias', { AliasName, TargetKeyId: KeyId }]
        : ['Encrypt', { KeyId, Plaintext: 'c2VjcmV0' }];
    acknowledged.push({ operation, requestId: await callAndKill(server, operation, input), keyArn });
    if (operation === 'CreateAlias') names.push(AliasName);
    await server.kill();
    server = await startServer({ data, listen: new URL(endpoint).host });
    const { Aliases } = await kms.listAliases({ KeyId });
    assert.deepEqual(
      Aliases?.map((alias) => alias.AliasName),
      names,
    );
  }
  assert.equal(await server.stop(), 0);
  const { events } = await readJournal(data);
  assert.deepEqual(wrongCalls(events, acknowledged), []);
});
