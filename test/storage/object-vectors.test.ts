import assert from 'node:assert/strict';
import { createSecretKey, hash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { canonicalContext } from '../../src/core/encryption-context.ts';
import { unwrapDataKey, wrapDataKey } from '../../src/engine/algorithms/s3-root/data-key.ts';
import { encodeBinding } from '../../src/engine/protocol/binding.ts';
import { Batch } from '../../src/storage/envelope/batch.ts';
import { BucketKey } from '../../src/storage/envelope/bucket-key.ts';
import { ChunkSealer } from '../../src/storage/envelope/chunk-sealer.ts';
import { encodeHeader } from '../../src/storage/envelope/layout.ts';
import { encodeManifest, type Manifest, parseManifest } from '../../src/storage/envelope/manifest.ts';
import { ObjectKey } from '../../src/storage/envelope/object-key.ts';
import { s3RootBinding } from '../../src/storage/envelope/s3-root.ts';
import { hex, readVectors } from '../support/vectors.ts';
import { pattern, read, temporaryFolder } from './object-file.ts';

interface Named {
  readonly name: string;
  readonly bucket: string;
  readonly key: string;
  readonly version: string;
  readonly generation: string;
}
interface ObjectVector extends Named {
  readonly dataKey: string;
  readonly objectKey: string;
  readonly wrappedObjectKey: string;
  readonly size: number;
  readonly manifest: string;
  readonly salt: string;
  readonly sealedManifest: string;
  readonly fileSha256: string;
}
interface HeadVector extends Named {
  readonly bucketKey: string;
  readonly json: string;
  readonly sealed: string;
}
interface DataKeyVector {
  readonly name: string;
  readonly root: string;
  readonly rootId: string;
  readonly nonce: string;
  readonly dataKey: string;
  readonly arn: string;
  readonly wrapped: string;
}
interface Vectors {
  readonly objects: readonly ObjectVector[];
  readonly heads: readonly HeadVector[];
  readonly dataKeys: readonly DataKeyVector[];
}
const vectors = readVectors<Vectors>('stored-object');
const bindingOf = ({ bucket, key, version, generation }: Named) => ({
  bucket,
  key,
  version,
  generation: hex(generation),
});

test('there are vectors of stored objects', () => {
  const { objects, heads, dataKeys } = vectors;
  assert.deepEqual([objects.length, heads.length, dataKeys.length], [4, 1, 1]);
});

for (const vector of vectors.objects) {
  test(`stored object vector: ${vector.name}`, async () => {
    await using folder = await temporaryFolder();
    const binding = bindingOf(vector);
    const known = ObjectKey.insecureFromBytes(hex(vector.objectKey));
    assert.equal(known.wrap(hex(vector.dataKey), binding).toString('hex'), vector.wrappedObjectKey);
    const key = ObjectKey.unwrap(hex(vector.dataKey), hex(vector.wrappedObjectKey), binding);
    assert.ok(key);
    const { key: streamKey, commitment } = key.streamKey(hex(vector.salt));
    const header = encodeHeader(hex(vector.salt), commitment);
    const manifest: Manifest | undefined = parseManifest(Buffer.from(vector.manifest));
    assert.ok(manifest);
    assert.equal(encodeManifest(manifest).toString(), vector.manifest);
    const sealer = new ChunkSealer(streamKey);
    const sealed = new Batch(0);
    sealer.push(pattern(vector.size), sealed);
    sealer.finish(sealed);
    const end = key.sealManifest(binding, header, encodeManifest(manifest));
    assert.equal(end.toString('hex'), vector.sealedManifest);
    const file = Buffer.concat([header, sealed.bytes, end]);
    assert.equal(hash('sha256', file, 'hex'), vector.fileSha256);
    await writeFile(folder.path('object'), file);
    const plaintext = await read(folder.path('object'), key, vector.size, { binding });
    assert.ok(plaintext.equals(pattern(vector.size)));
  });
}

for (const vector of vectors.heads) {
  test(`stored object vector: ${vector.name}`, () => {
    const key = new BucketKey(hex(vector.bucketKey));
    const head = key.openHead(bindingOf(vector), hex(vector.sealed));
    assert.deepEqual(head, JSON.parse(vector.json));
    assert.equal(key.sealHead(bindingOf(vector), head).toString('hex'), vector.sealed);
    assert.throws(() => key.openHead({ ...bindingOf(vector), key: 'other' }, hex(vector.sealed)), {
      code: 'altered',
    });
  });
}

for (const vector of vectors.dataKeys) {
  test(`stored object vector: ${vector.name}`, () => {
    const binding = s3RootBinding('111122223333', { id: vector.rootId });
    const root = {
      token: Buffer.alloc(0),
      encodedBinding: encodeBinding(binding),
      binding,
      secret: createSecretKey(hex(vector.root)),
    };
    const context = canonicalContext({ 'aws:s3:arn': vector.arn });
    const wrapped = wrapDataKey(root, hex(vector.nonce), hex(vector.dataKey), context);
    assert.equal(wrapped.toString('hex'), vector.wrapped);
    assert.equal(unwrapDataKey(root, wrapped, context).toString('hex'), vector.dataKey);
  });
}
