import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Algorithm, newDigest, sizes } from '../../src/storage/objects/digests.ts';

/** Check values over the ASCII digits 123456789: the catalogue of parametrised CRC algorithms, FIPS 180-4 by OpenSSL. */
const checks: Readonly<Record<Algorithm, string>> = {
  crc32: 'cbf43926',
  crc32c: 'e3069283',
  crc64nvme: 'ae8b14860a799888',
  sha1: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
  sha256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
};

for (const [algorithm, value] of Object.entries(checks) as [Algorithm, string][]) {
  test(`${algorithm}, in pieces and again`, async () => {
    for (let round = 0; round < 3; round++) {
      const digest = await newDigest(algorithm);
      for (const piece of ['1234', '', '56789']) digest.update(Buffer.from(piece));
      const found = digest.digest();
      assert.equal(found.toString('hex'), value);
      assert.equal(found.length, sizes[algorithm]);
    }
  });
}

test('two at a time do not meet', async () => {
  for (const algorithm of ['crc32c', 'crc64nvme'] as const) {
    const [a, b] = [await newDigest(algorithm), await newDigest(algorithm)];
    a.update(Buffer.from('12345'));
    b.update(Buffer.from('other'));
    a.update(Buffer.from('6789'));
    assert.equal(a.digest().toString('hex'), checks[algorithm]);
    assert.notEqual(b.digest().toString('hex'), checks[algorithm]);
  }
});
