import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { KMS } from '@aws-sdk/client-kms';
import { readCredentials } from '../clients/environment.ts';
import { startServer } from '../support/server.ts';
import { kill, partsOf, unseen } from './processes.ts';

const ROUNDS = 20;

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
  const { KeyMetadata } = await kms.createKey({});
  const KeyId = KeyMetadata?.KeyId;
  const names: string[] = [];
  const ciphertexts: (Uint8Array | undefined)[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const pids = [...partsOf(server.pid).values(), server.pid];
    const AliasName = `alias/round-${String(round).padStart(2, '0')}`;
    const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext: Buffer.from(AliasName) });
    await kms.createAlias({ AliasName, TargetKeyId: KeyId });
    for (const pid of pids) kill(pid);
    names.push(AliasName);
    ciphertexts.push(CiphertextBlob);
    await server.kill();
    server = await startServer({ data, listen: new URL(endpoint).host });
    const { Aliases } = await kms.listAliases({ KeyId });
    assert.deepEqual(
      Aliases?.map((alias) => alias.AliasName),
      names,
    );
  }
  for (const [round, CiphertextBlob] of ciphertexts.entries()) {
    const { Plaintext } = await kms.decrypt({ CiphertextBlob });
    assert.equal(Buffer.from(Plaintext ?? []).toString(), names[round]);
  }
});
