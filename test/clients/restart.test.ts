/** What a stranger tries first: encrypt a file, kill the server, start it again, decrypt the file. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  ListResourceTagsCommand,
} from '@aws-sdk/client-kms';
import { runProgram, shellProgram } from '../examples/programs.ts';
import { startServer } from '../support/server.ts';
import { clientEnvironment, kmsClient } from './environment.ts';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockholm-restart-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('a file, its key, alias and tags outlive kill -9', async () => {
  const data = join(folder, 'data');
  const [source, encrypted, target] = ['plain', 'encrypted', 'opened'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(source, 'attack at dawn');

  const killed = await startServer({ data });
  const kms = kmsClient(killed);
  const Tags = [{ TagKey: 'team', TagValue: 'a' }];
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Tags }));
  const KeyId = KeyMetadata?.KeyId;
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/files', TargetKeyId: KeyId }));
  const env = clientEnvironment(killed);
  const encryption = await runProgram(shellProgram, env, { action: 'encrypt', source, target: encrypted });
  assert.equal(encryption.code, 0, encryption.errors);
  kms.destroy();
  await killed.kill();

  // On another port: the files that clients read name the new one.
  const started = await startServer({ data });
  const again = kmsClient(started);
  try {
    const decryption = await runProgram(shellProgram, clientEnvironment(started), {
      action: 'decrypt',
      source: encrypted,
      target,
    });
    assert.equal(decryption.code, 0, decryption.errors);
    assert.equal(readFileSync(target, 'utf8'), 'attack at dawn');
    const found = await again.send(new DescribeKeyCommand({ KeyId: 'alias/files' }));
    assert.deepEqual(found.KeyMetadata, KeyMetadata);
    assert.deepEqual((await again.send(new ListResourceTagsCommand({ KeyId }))).Tags, Tags);
  } finally {
    again.destroy();
    await started.stop();
  }
});
