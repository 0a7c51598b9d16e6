import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFile, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import {
  CHUNK_SIZE,
  chunkOffset,
  HEADER_SIZE,
  SEALED_CHUNK_SIZE,
} from '../../src/storage/envelope/layout.ts';
import { encodeManifest, parseManifest } from '../../src/storage/envelope/manifest.ts';
import { ObjectKey } from '../../src/storage/envelope/object-key.ts';
import { ObjectReader } from '../../src/storage/envelope/reader.ts';
import { ObjectWriter } from '../../src/storage/envelope/writer.ts';
import { rounds, seeded } from '../support/random.ts';
import { bindingOf, pattern, read, temporaryFolder, write } from './object-file.ts';

const refused = { code: 'altered' };
const LARGE = 40 * CHUNK_SIZE + 5;

test('what is written in pieces of any size is read back, whole and in ranges', async () => {
  await using folder = await temporaryFolder();
  const random = seeded('object-ranges');
  for (const size of [
    0,
    1,
    CHUNK_SIZE - 1,
    CHUNK_SIZE,
    CHUNK_SIZE + 1,
    2 * CHUNK_SIZE,
    17 * CHUNK_SIZE,
    LARGE,
  ]) {
    const plaintext = pattern(size);
    const path = folder.path(`object-${size}`);
    const key = await write(path, plaintext, { piece: 1 + random.below(3 * CHUNK_SIZE) });
    assert.ok((await read(path, key, size)).equals(plaintext));
    for (let round = 0; size > 0 && round < 6; round++) {
      const start = random.below(size);
      const range = { start, end: start + 1 + random.below(size - start) };
      assert.ok((await read(path, key, size, { range })).equals(plaintext.subarray(range.start, range.end)));
    }
  }
});

test('single bytes make the same file size as one piece', async () => {
  await using folder = await temporaryFolder();
  const plaintext = pattern(3000);
  const key = await write(folder.path('bytes'), plaintext, { piece: 1 });
  assert.ok((await read(folder.path('bytes'), key, 3000)).equals(plaintext));
});

type Change = (file: Buffer) => Buffer;
const chunkAt = (file: Buffer, index: number): Buffer =>
  Buffer.from(file.subarray(chunkOffset(index), chunkOffset(index + 1)));
const flip =
  (at: (file: Buffer) => number): Change =>
  (file) => {
    const position = at(file);
    file[position] = (file[position] ?? 0) ^ 1;
    return file;
  };

/** Of an object of `size`, whose chunk 1 is a whole one. */
const changes = (size: number): Readonly<Record<string, Change>> => ({
  'an edited header': flip(() => 5),
  'an edited salt': flip(() => 20),
  'an edited commitment': flip(() => HEADER_SIZE - 1),
  'an edited chunk': flip(() => chunkOffset(1) + 100),
  'an edited tag': flip(() => chunkOffset(1) - 1),
  'an edited manifest': flip((file) => file.length - 20),
  'a truncated end': (file) => file.subarray(0, -1),
  'a file that goes on': (file) => Buffer.concat([file, Buffer.of(0)]),
  'a truncation at a chunk': (file) => file.subarray(0, chunkOffset(2)),
  'no chunks': (file) => file.subarray(0, HEADER_SIZE),
  'an empty file': () => Buffer.alloc(0),
  'chunks in another order': (file) => {
    const [first, second] = [chunkAt(file, 0), chunkAt(file, 1)];
    second.copy(file, chunkOffset(0));
    first.copy(file, chunkOffset(1));
    return file;
  },
  'a repeated chunk': (file) => {
    chunkAt(file, 0).copy(file, chunkOffset(1));
    return file;
  },
  'a chunk left out': (file) =>
    Buffer.concat([file.subarray(0, chunkOffset(1)), file.subarray(chunkOffset(2))]),
  'a last chunk put first': (file) => {
    const last = Math.ceil(size / CHUNK_SIZE) - 1;
    file.subarray(chunkOffset(last), chunkOffset(last) + 20).copy(file, chunkOffset(0));
    return file;
  },
});

for (const size of [2 * CHUNK_SIZE + 9, LARGE]) {
  for (const [name, change] of Object.entries(changes(size))) {
    test(`an object of ${size} bytes with ${name} is refused, and nothing altered is given out`, async () => {
      await using folder = await temporaryFolder();
      const plaintext = pattern(size);
      const path = folder.path('object');
      const key = await write(path, plaintext);
      await writeFile(path, change(await readFile(path)));
      await assert.rejects(read(path, key, size), refused);
    });
  }
}

test('a large object is given up to where it was altered', async () => {
  await using folder = await temporaryFolder();
  const path = folder.path('object');
  const key = await write(path, pattern(LARGE));
  await writeFile(path, flip(() => chunkOffset(30))(await readFile(path)));
  assert.equal((await read(path, key, LARGE, { range: { start: 0, end: 9 } })).length, 9);
  await assert.rejects(read(path, key, LARGE, { range: { start: 30 * CHUNK_SIZE, end: LARGE } }), refused);
});

test('a file that is cut while it is read does not end as if it were whole', async () => {
  await using folder = await temporaryFolder();
  // At the end of what is read at once: every chunk that is left is authentic.
  for (const chunks of [32, 16]) {
    const path = folder.path(`object-${chunks}`);
    const key = await write(path, pattern(LARGE));
    const reader = await ObjectReader.open({ path, binding: bindingOf(), size: LARGE }, key);
    await truncate(path, chunkOffset(chunks));
    let given = 0;
    const all = async () => {
      for await (const batch of reader.read({ start: 0, end: LARGE }))
        for (const { length } of batch) given += length;
    };
    await assert.rejects(all(), refused);
    assert.ok(given < LARGE);
  }
});

test('an object in the place of another, of another name or generation, is refused', async () => {
  await using folder = await temporaryFolder();
  const size = 100;
  const key = await write(folder.path('new'), pattern(size));
  const binding = bindingOf({ generation: Buffer.alloc(16, 6) });
  const old = await write(folder.path('old'), pattern(size), { binding });
  // The same key under the generation that the index no longer has.
  const same = await write(folder.path('same-key'), pattern(size), { binding, key });
  await assert.rejects(read(folder.path('old'), key, size), refused);
  await assert.rejects(read(folder.path('old'), old, size), refused);
  await assert.rejects(read(folder.path('same-key'), same, size), refused);
  await copyFile(folder.path('old'), folder.path('new'));
  await assert.rejects(read(folder.path('new'), key, size), refused);
  for (const other of [{ bucket: 'other-bucket' }, { key: 'other' }, { version: '1' }]) {
    await assert.rejects(read(folder.path('old'), old, size, { binding: { ...binding, ...other } }), refused);
  }
  assert.ok(await read(folder.path('old'), old, size, { binding }));
  await assert.rejects(read(folder.path('old'), old, size - 1, { binding }), refused);
});

test('a pipe in the place of an object is refused, and nothing waits for it', async () => {
  await using folder = await temporaryFolder();
  for (const size of [100, LARGE]) {
    const path = folder.path(`object-${size}`);
    const key = await write(path, pattern(size));
    await rm(path);
    execFileSync('mkfifo', [path]);
    await assert.rejects(read(path, key, size), refused);
  }
});

test('an object key is wrapped for one object and one data key', () => {
  const [dataKey, binding] = [Buffer.alloc(32, 1), bindingOf()];
  const wrapped = ObjectKey.generate().wrap(dataKey, binding);
  assert.ok(ObjectKey.unwrap(dataKey, wrapped, binding));
  assert.equal(ObjectKey.unwrap(Buffer.alloc(32, 2), wrapped, binding), undefined);
  assert.equal(ObjectKey.unwrap(dataKey, wrapped, bindingOf({ key: 'other' })), undefined);
  assert.equal(ObjectKey.unwrap(dataKey, wrapped.subarray(1), binding), undefined);
});

test('a writer that is given up leaves no file', async () => {
  await using folder = await temporaryFolder();
  const writer = new ObjectWriter(folder.path('object'), bindingOf(), ObjectKey.generate());
  await writer.write(pattern(3_000_000));
  await writer.abort();
  await assert.rejects(truncate(folder.path('object'), 1), { code: 'ENOENT' });
});

test('no single bit of a small file can change', async () => {
  await using folder = await temporaryFolder();
  const path = folder.path('object');
  const key = await write(path, pattern(3));
  const file = await readFile(path);
  const random = seeded('object-bits');
  for (let round = 0; round < rounds(60); round++) {
    const bit = random.below(file.length * 8);
    const altered = Buffer.from(file);
    altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    await writeFile(path, altered);
    await assert.rejects(read(path, key, 3), refused, `bit ${bit}`);
  }
  assert.equal(file.length, HEADER_SIZE + 3 + 16 + encodeManifest({ size: 3 }).length + 16);
  assert.equal(SEALED_CHUNK_SIZE, CHUNK_SIZE + 16);
});

test('the manifest parser takes what was encoded, to the byte, and nothing else', () => {
  const random = seeded('manifests');
  const full = { size: 5, md5: 'a'.repeat(32), checksum: { algorithm: 'crc32', value: 'AAAAAA==' } };
  const texts = [{ size: 0 }, { size: 7, md5: '0'.repeat(32) }, full].map(encodeManifest);
  for (const [i, text] of texts.entries()) assert.ok(parseManifest(text), `manifest ${i}`);
  for (const wrong of [
    '',
    'null',
    '1',
    '[]',
    '{}',
    '{"size":-1,"v":1}',
    '{"size":1.5,"v":1}',
    '{"size":1,"v":2}',
    '{"size":1}',
    '{"size":"1","v":1}',
    '{"size":1,"v":1} ',
    '{"v":1,"size":1}',
    '{"extra":1,"size":1,"v":1}',
    '{"md5":"x","size":1,"v":1}',
    '{"checksum":null,"size":1,"v":1}',
    '{"size":1,"size":1,"v":1}',
  ]) {
    assert.equal(parseManifest(Buffer.from(wrong)), undefined, wrong);
  }
  for (let round = 0; round < rounds(3000); round++) {
    const text = Buffer.from(random.pick(texts));
    for (let edits = 1 + random.below(3); edits > 0; edits--)
      text[random.below(text.length)] = random.below(256);
    const parsed = parseManifest(text);
    if (parsed !== undefined) assert.deepEqual(encodeManifest(parsed), text);
  }
});
