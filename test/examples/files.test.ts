import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { RotateKeyOnDemandCommand } from '@aws-sdk/client-kms';
import {
  encryptionSdkPython,
  encryptionSdkTypescript,
  programs,
  pythonProgram,
  typescriptProgram,
} from './programs.ts';
import { Workshop } from './workshop.ts';

let workshop: Workshop;
let secondKey: string;
before(async () => {
  workshop = await Workshop.open();
  secondKey = await workshop.createKey('alias/second');
});
after(() => workshop.close());

/** Bytes that look random and are the same in each run. */
const bytes = (length: number): Buffer =>
  createHash('shake256', { outputLength: length }).update('file').digest();

const sizes = [0, 1, 5 * 1024 * 1024 + 3];
/** Exactly a chunk or frame of 64 KiB, and several of them. */
const sharedSizes = [65_536, 200_000];

for (const program of programs) {
  describe(program.name, { concurrency: 2 }, () => {
    for (const size of sizes) {
      test(`encrypts and decrypts ${size} bytes`, async () => {
        const plaintext = bytes(size);
        const encrypted = await workshop.encrypt(program, workshop.write(plaintext));
        assert.equal(statSync(encrypted).mode & 0o077, 0);
        if (size > 16) assert.equal(readFileSync(encrypted).includes(plaintext.subarray(0, 16)), false);
        assert.ok((await workshop.decrypt(program, encrypted)).equals(plaintext));
      });
    }

    test('wants the encryption context and the key that a file was encrypted with', async () => {
      const job = { keyId: 'alias/second' };
      const encrypted = await workshop.encrypt(program, workshop.write(bytes(100)), job);
      await workshop.refuse(program, encrypted, { ...job, context: { purpose: 'other', year: '2026' } });
      await workshop.refuse(program, encrypted);
    });

    test('leaves no file behind when there is no such key or file', async () => {
      const source = workshop.write(bytes(10));
      await workshop.refuse(program, source, { action: 'encrypt', keyId: 'alias/none' });
      await workshop.refuse(program, `${source}.none`, { action: 'encrypt' });
    });
  });
}

for (const [one, other] of [
  [pythonProgram, typescriptProgram],
  [encryptionSdkTypescript, encryptionSdkPython],
] as const) {
  test(`${one.name} and ${other.name} read each other's files`, async () => {
    for (const size of sharedSizes) {
      const source = workshop.write(bytes(size));
      const encrypted = await workshop.encrypt(one, source);
      assert.ok((await workshop.decrypt(other, encrypted)).equals(bytes(size)));
      assert.ok((await workshop.decrypt(one, await workshop.encrypt(other, source))).equals(bytes(size)));
    }
  });
}

test('a file from before a rotation of the key is read, by its id too', async () => {
  for (const program of [pythonProgram, encryptionSdkPython]) {
    const source = workshop.write(bytes(1000));
    const encrypted = await workshop.encrypt(program, source, { keyId: 'alias/second' });
    await workshop.kms.send(new RotateKeyOnDemandCommand({ KeyId: secondKey }));
    assert.ok((await workshop.decrypt(program, encrypted, { keyId: secondKey })).equals(bytes(1000)));
  }
});
