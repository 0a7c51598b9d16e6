/** What only the shell's example does by hand: its format, and keeping keys off the command lines. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createDecipheriv, createHmac, pbkdf2Sync } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';
import { DecryptCommand } from '@aws-sdk/client-kms';
import { defaultAlias, defaultContext, runProgram, shellProgram } from './programs.ts';
import { Workshop } from './workshop.ts';

let workshop: Workshop;
before(async () => {
  workshop = await Workshop.open();
});
after(() => workshop.close());

const readHeader = (file: Buffer) => {
  const [magic = '', encryptedKeys = ''] = file.toString('latin1').split('\n', 2);
  const size = magic.length + encryptedKeys.length + 2;
  return { magic, encryptedKeys: Buffer.from(encryptedKeys, 'base64'), size };
};

const openKeys = async (file: Buffer): Promise<Buffer> => {
  const { Plaintext } = await workshop.kms.send(
    new DecryptCommand({
      KeyId: defaultAlias,
      CiphertextBlob: readHeader(file).encryptedKeys,
      EncryptionContext: defaultContext,
    }),
  );
  return Buffer.from(Plaintext ?? []);
};

test('the format is what docs/encrypt-a-file.md says', async () => {
  const plaintext = Buffer.from('line\nline\0 and no end');
  const file = readFileSync(await workshop.encrypt(shellProgram, workshop.write(plaintext)));
  const keys = await openKeys(file);
  assert.equal(keys.length, 96);
  const { magic, size } = readHeader(file);
  assert.equal(magic, 'LKSHELL1');
  const [body, mac] = [file.subarray(0, -32), file.subarray(-32)];
  assert.deepEqual(createHmac('sha256', keys.subarray(32)).update(body).digest(), mac);
  assert.equal(body.subarray(size, size + 8).toString('latin1'), 'Salted__');
  const salt = body.subarray(size + 8, size + 16);
  const derived = pbkdf2Sync(keys.subarray(0, 32).toString('hex'), salt, 1, 48, 'sha256');
  const decipher = createDecipheriv('aes-256-ctr', derived.subarray(0, 32), derived.subarray(32));
  assert.deepEqual(decipher.update(body.subarray(size + 16)), plaintext);
});

/** Programs of the same names that write down their arguments and environment before they become the real ones. */
const withSpies = (folder: string, path: string): string => {
  const log = join(folder, 'log');
  writeFileSync(log, '');
  for (const name of ['aws', 'openssl', 'od', 'tr', 'cat', 'head', 'tail', 'sed', 'wc', 'mv']) {
    const real = execFileSync('sh', ['-c', `command -v ${name}`], { env: { PATH: path }, encoding: 'utf8' });
    const spy = join(folder, name);
    writeFileSync(
      spy,
      `#!/bin/sh\n{ echo "${name} $*"; export -p; } >>'${log}'\nexec '${real.trim()}' "$@"\n`,
    );
    chmodSync(spy, 0o755);
  }
  return log;
};

test('no key is an argument or in the environment of a process', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockholm-spies-'));
  try {
    const path = workshop.env.PATH ?? '';
    const log = withSpies(folder, path);
    const env = { ...workshop.env, PATH: `${folder}${delimiter}${path}` };
    const source = workshop.write(Buffer.from('content'));
    const encrypted = workshop.path('encrypted');
    const target = workshop.path('plain');
    const runs = [
      await runProgram(shellProgram, env, { action: 'encrypt', source, target: encrypted }),
      await runProgram(shellProgram, env, { action: 'decrypt', source: encrypted, target }),
    ];
    assert.deepEqual(
      runs.map(({ code }) => code),
      [0, 0],
    );
    const seen = readFileSync(log, 'utf8').toLowerCase();
    assert.match(seen, /openssl enc/);
    assert.match(seen, /aws kms decrypt/);
    const keys = await openKeys(readFileSync(encrypted));
    for (const key of [keys.subarray(0, 32), keys.subarray(32)]) {
      assert.equal(seen.includes(key.toString('hex')), false);
      assert.equal(seen.includes(key.toString('base64').slice(0, 40).toLowerCase()), false);
    }
    assert.equal(seen.includes(keys.toString('base64').toLowerCase()), false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
