import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import { Domain } from '../../src/engine/domain.ts';
import { type DomainState, openDomainState, sealDomainState } from '../../src/engine/domain-state.ts';
import { gcmSeal } from '../../src/engine/gcm.ts';
import { derive, kdfLabel } from '../../src/engine/kdf.ts';
import { fingerprint, materialId } from '../../src/engine/material-ids.ts';
import { rounds, seeded } from '../support/random.ts';
import { hex, readVectors } from '../support/vectors.ts';

interface Case {
  readonly name: string;
  readonly rootKey: string;
  readonly nonce: string;
  readonly epoch: number;
  readonly domainKeys: { id: number; created: number; key: string }[];
  readonly currentDomainKey: number;
  readonly rowKey: string;
  readonly materialIdKey: string;
  readonly fingerprintKey: string;
  readonly records: string;
  readonly blob: string;
}
interface MaterialName {
  readonly keyId: string;
  readonly account: string;
  readonly materialIdKey: string;
  readonly fingerprintKey: string;
  readonly material: string;
  readonly materialId: string;
  readonly fingerprint: string;
}
const { cases, materialNames } = readVectors<{ cases: Case[]; materialNames: MaterialName[] }>(
  'domain-state',
);
const secret = (text: string) => createSecretKey(hex(text));
const code = (expected: string) => (error: { code?: string }) => error.code === expected;

test('there are vectors of domain states', () => {
  assert.equal(cases.length, 2);
  assert.equal(materialNames.length, 2);
});

for (const vector of cases) {
  test(`domain state vector: ${vector.name}`, () => {
    const keys = new Map(vector.domainKeys.map((key) => [key.id, { ...key, key: secret(key.key) }]));
    const current = keys.get(vector.currentDomainKey);
    assert.ok(current);
    const state: DomainState = {
      epoch: vector.epoch,
      keys,
      current,
      rowKey: secret(vector.rowKey),
      materialIdKey: secret(vector.materialIdKey),
      fingerprintKey: secret(vector.fingerprintKey),
    };
    const root = secret(vector.rootKey);
    assert.equal(sealDomainState(root, state, hex(vector.nonce)).toString('hex'), vector.blob);
    const opened = openDomainState(root, hex(vector.blob));
    assert.equal(opened?.epoch, vector.epoch);
    assert.equal(opened?.current.id, vector.currentDomainKey);
    assert.deepEqual(
      [...(opened?.keys.values() ?? [])].map(({ id, created, key }) => [
        id,
        created,
        key.export().toString('hex'),
      ]),
      vector.domainKeys.map(({ id, created, key }) => [id, created, key]),
    );
    assert.ok(opened?.rowKey.equals(state.rowKey));
    assert.ok(opened?.materialIdKey.equals(state.materialIdKey));
    assert.ok(opened?.fingerprintKey.equals(state.fingerprintKey));
  });
}

for (const vector of materialNames) {
  test(`names of key material of ${vector.keyId}`, () => {
    const material = hex(vector.material);
    assert.equal(materialId(secret(vector.materialIdKey), vector.keyId, material), vector.materialId);
    assert.equal(fingerprint(secret(vector.fingerprintKey), vector.account, material), vector.fingerprint);
  });
}

test('no altered domain state opens, nor does one under another root key', () => {
  const [vector] = cases;
  assert.ok(vector);
  const root = secret(vector.rootKey);
  const blob = hex(vector.blob);
  for (let bit = 0; bit < blob.length * 8; bit += 1) {
    const altered = Buffer.from(blob);
    altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(openDomainState(root, altered), undefined, `bit ${bit}`);
  }
  assert.equal(openDomainState(secret('00'.repeat(32)), blob), undefined);
});

/** Records that authenticate, whatever they hold: what a newer or broken writer might leave. */
function sealRecords(rootKey: string, records: Buffer): Buffer {
  const head = Buffer.concat([Buffer.from('LHDS'), Buffer.of(1, 0, 0, 0, 0, 0, 0, 0, 1), Buffer.alloc(12)]);
  const blob = Buffer.concat([head, Buffer.alloc(records.length + 16)]);
  const key = derive(secret(rootKey), kdfLabel('lockholm/domain-state/1', 0), Buffer.alloc(0));
  gcmSeal(key, head.subarray(13), head, records, blob, head.length);
  return blob;
}

test('unknown, missing, doubled and cut records are refused', () => {
  const [vector] = cases;
  assert.ok(vector);
  const root = secret(vector.rootKey);
  const records = hex(vector.records);
  const open = (changed: Buffer) => openDomainState(root, sealRecords(vector.rootKey, changed));
  assert.ok(open(records));
  assert.equal(open(Buffer.concat([records, hex('00060000000100')])), undefined, 'unknown');
  assert.equal(open(Buffer.concat([records, records.subarray(-38)])), undefined, 'doubled');
  assert.equal(open(records.subarray(0, -38)), undefined, 'missing');
  for (let size = 0; size < records.length; size += 1)
    assert.equal(open(records.subarray(0, size)), undefined);
  const random = seeded('domain records');
  for (let round = 0; round < rounds(500); round += 1) {
    const changed = Buffer.from(records);
    changed[random.below(6)] = random.below(256);
    changed[50 + random.below(8)] = random.below(256);
    const opened = open(changed);
    if (opened !== undefined) assert.deepEqual(changed, records);
  }
});

test('a domain: sealed, proposed, in force, rotated, retired; its epoch only grows', () => {
  const seen: number[] = [];
  const domain = new Domain((state) => seen.push(state.epoch));
  assert.throws(() => domain.proposeFirst(), code('sealed'));
  assert.ok(domain.holdRoot(hex('11'.repeat(32))));
  assert.throws(() => domain.state, code('sealed'));
  const first = domain.proposeFirst();
  assert.equal(domain.epoch, 0, 'a proposal takes no effect');
  const load = (blob: Uint8Array) => domain.apply(domain.examine(blob));
  const rival = domain.proposeFirst();
  load(first.blob);
  load(first.blob);
  assert.throws(() => load(rival.blob), code('stale-domain'), 'another state of the same epoch');
  assert.throws(() => domain.proposeFirst(), code('refused'));
  const rotated = domain.proposeRotation(0);
  assert.deepEqual([rotated.epoch, rotated.domainKeyId], [2, 2]);
  load(rotated.blob);
  assert.deepEqual([...domain.state.keys.keys()], [1, 2]);
  assert.equal(domain.state.current.id, 2);
  assert.throws(() => load(first.blob), code('stale-domain'));
  load(domain.proposeRetirement().blob);
  assert.deepEqual([...domain.state.keys.keys()], [2]);
  load(domain.proposeRotation(0).blob);
  assert.equal(domain.state.current.id, 3, 'ids are never used again');
  load(domain.proposeRotation(9).blob);
  assert.equal(domain.epoch, 9, 'after the last epoch of a journal');
  load(domain.proposeRotation(3).blob);
  assert.equal(domain.state.current.id, 9, 'nor are ids of epochs that were left out');
  assert.throws(() => domain.proposeRotation(Number.MAX_SAFE_INTEGER), code('refused'));
  load(domain.proposeRotation(2 ** 32).blob);
  assert.throws(() => domain.proposeRotation(0), code('refused'), 'the last domain key there is');
  assert.deepEqual(seen, [1, 2, 3, 4, 9, 10, 2 ** 32]);
});

test('a second root key does not replace the first', () => {
  const domain = new Domain(() => undefined);
  assert.ok(domain.holdRoot(hex('11'.repeat(32))));
  assert.ok(domain.holdRoot(hex('11'.repeat(32))));
  assert.equal(domain.holdRoot(hex('22'.repeat(32))), false);
});
