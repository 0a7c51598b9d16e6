/** Object files in a temporary folder. */
import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectBinding } from '../../src/storage/envelope/binding.ts';
import { ObjectKey } from '../../src/storage/envelope/object-key.ts';
import { ObjectReader, type Range } from '../../src/storage/envelope/reader.ts';
import { ObjectWriter } from '../../src/storage/envelope/writer.ts';

export const bindingOf = (fields: Partial<ObjectBinding> = {}): ObjectBinding => ({
  bucket: 'example-bucket',
  key: 'folder/hello.txt',
  version: 'null',
  generation: Buffer.alloc(16, 7),
  ...fields,
});

/** The first bytes of SHAKE256("lockholm"), as in the vectors. */
export const pattern = (size: number): Buffer =>
  size === 0
    ? Buffer.alloc(0)
    : hash('shake256', 'lockholm', { outputEncoding: 'buffer', outputLength: size });

export async function temporaryFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'lockholm-objects-'));
  return {
    path: (name: string) => join(folder, name),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Writes plaintext in pieces of a size. */
export async function write(
  path: string,
  plaintext: Buffer,
  { key = ObjectKey.generate(), binding = bindingOf(), piece = 10_000 } = {},
): Promise<ObjectKey> {
  const writer = new ObjectWriter(path, binding, key);
  for (let at = 0; at < plaintext.length; at += piece) await writer.write(plaintext.subarray(at, at + piece));
  await writer.finish({ size: plaintext.length });
  return key;
}

/** All that the range gives. */
export async function read(
  path: string,
  key: ObjectKey,
  size: number,
  { binding = bindingOf(), range = { start: 0, end: size } }: { binding?: ObjectBinding; range?: Range } = {},
): Promise<Buffer> {
  const reader = await ObjectReader.open({ path, binding, size }, key);
  const whole = reader.bytes(range);
  if (whole !== undefined) return Buffer.concat(whole);
  const pieces: Buffer[] = [];
  for await (const batch of reader.read(range)) pieces.push(...batch);
  return Buffer.concat(pieces);
}
