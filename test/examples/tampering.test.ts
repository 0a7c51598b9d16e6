import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import {
  encryptionSdkPython,
  encryptionSdkTypescript,
  programs,
  pythonProgram,
  typescriptProgram,
} from './programs.ts';
import { Workshop } from './workshop.ts';

let workshop: Workshop;
before(async () => {
  workshop = await Workshop.open();
});
after(() => workshop.close());

const CHUNK = 65_536;
const TAG = 16;
const length = 2 * CHUNK + 1000;

const bytes = (seed: string): Buffer =>
  createHash('shake256', { outputLength: length }).update(seed).digest();

const flipped = (file: Buffer, offset: number): Buffer => {
  const changed = Buffer.from(file);
  changed.writeUInt8(changed.readUInt8(offset) ^ 0x10, offset);
  return changed;
};

/** Takes the whole file and another one, encrypted under the same key and context. */
type Alteration = (file: Buffer, other: Buffer) => Uint8Array;

/** What the programs have in their hands even where the format is the Encryption SDK's. */
const everywhere: Readonly<Record<string, Alteration>> = {
  'a byte of its content changed': (file) => flipped(file, file.length - length / 2),
  'its last byte missing': (file) => file.subarray(0, -1),
  'everything missing': () => Buffer.alloc(0),
  'a byte added': (file) => Buffer.concat([file, Buffer.alloc(1)]),
};

const ownFormats: Readonly<Record<string, Alteration>> = {
  ...everywhere,
  'its first byte changed': (file) => flipped(file, 0),
  'a byte of its encrypted data key changed': (file) => flipped(file, 100),
  'everything missing but its first bytes': (file) => file.subarray(0, 60),
  "another file's header": (file, other) =>
    Buffer.concat([other.subarray(0, other.length - length), file.subarray(file.length - length)]),
};

const encryptionSdk = [encryptionSdkPython, encryptionSdkTypescript];

for (const program of programs) {
  describe(`${program.name} refuses a file with`, { concurrency: 2 }, () => {
    let file: Buffer;
    let other: Buffer;
    before(async () => {
      file = readFileSync(await workshop.encrypt(program, workshop.write(bytes('one'))));
      other = readFileSync(await workshop.encrypt(program, workshop.write(bytes('other'))));
    });

    const alterations = encryptionSdk.includes(program) ? everywhere : ownFormats;
    for (const [name, alter] of Object.entries(alterations)) {
      test(name, async () => {
        await workshop.refuse(program, workshop.write(alter(file, other)));
      });
    }
  });
}

for (const program of [pythonProgram, typescriptProgram]) {
  test(`${program.name} refuses a file with chunks exchanged, doubled or left out`, async () => {
    const file = readFileSync(await workshop.encrypt(program, workshop.write(bytes('chunks'))));
    const at = file.length - length - 3 * TAG;
    const size = CHUNK + TAG;
    const head = file.subarray(0, at);
    const [first, second] = [file.subarray(at, at + size), file.subarray(at + size, at + 2 * size)];
    const last = file.subarray(at + 2 * size);
    for (const parts of [
      [head, second, first, last],
      [head, first, first, second, last],
      [head, first, last],
      [head, first, second],
      [head, last],
      [head],
    ]) {
      await workshop.refuse(program, workshop.write(Buffer.concat(parts)));
    }
  });
}
