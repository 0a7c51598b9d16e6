import assert from 'node:assert/strict';
import {
  constants,
  createDecipheriv,
  createHash,
  generateKeyPairSync,
  privateDecrypt,
  X509Certificate,
} from 'node:crypto';
import { after, before, test } from 'node:test';
import type { HsmConnection } from '../../src/hsm/client/connection.ts';
import { checkAudit } from '../../src/hsm/protocol/audit.ts';
import { readReceipt } from '../../src/hsm/protocol/receipts.ts';
import { keyUsages, wrapMechanisms } from '../../src/hsm/protocol/values.ts';
import { ADMIN, refusal, TestCluster } from '../support/hsm-cluster.ts';
import type { HostedHsm } from '../support/hsm-host.ts';

const cluster = new TestCluster();
const BOB = { user: 'bob', password: 'bob-password' };
const AAD = Buffer.from('associated');
const TEXT = Buffer.from('plaintext');
let hsm: HostedHsm;
let alice: HsmConnection;
let bob: HsmConnection;
before(async () => {
  hsm = await cluster.active();
  const admin = await cluster.login(hsm, ADMIN);
  await admin.call('createUser', { ...BOB, role: 1 });
  [alice, bob] = [await cluster.login(hsm), await cluster.login(hsm, BOB)];
});
after(() => cluster.remove());

const usage = (name: (typeof keyUsages)[number]): number => keyUsages.indexOf(name);
const mechanism = (name: (typeof wrapMechanisms)[number]): number => wrapMechanisms.indexOf(name);
const newKey = async (name: (typeof keyUsages)[number], extractable = false, label = 'k') =>
  (await alice.call('generateKey', { label, usage: usage(name), extractable })).key;
const altered = (bytes: Uint8Array): Buffer => {
  const out = Buffer.from(bytes);
  out[out.length - 1] = (out.at(-1) ?? 0) ^ 1;
  return out;
};

test('AES-GCM: what was encrypted decrypts, unless a bit or the associated data differs', async () => {
  const { handle } = await newKey('data');
  const one = await alice.call('encrypt', { handle, plaintext: TEXT, aad: AAD });
  const [iv, sealed] = [Buffer.from(one.iv), Buffer.from(one.sealed)];
  const two = await alice.call('encrypt', { handle, plaintext: TEXT, aad: AAD });
  assert.notDeepEqual(iv, Buffer.from(two.iv));
  const opened = await alice.call('decrypt', { handle, iv, sealed, aad: AAD });
  assert.deepEqual(Buffer.from(opened.plaintext), TEXT);
  assert.equal(opened.uses, 3);
  for (const wrong of [
    { iv, sealed: altered(sealed), aad: AAD },
    { iv: altered(iv), sealed, aad: AAD },
    { iv, sealed, aad: altered(AAD) },
    { iv: Buffer.alloc(0), sealed, aad: AAD },
    { iv, sealed: Buffer.alloc(3), aad: AAD },
  ])
    assert.equal(await refusal(alice.call('decrypt', { handle, ...wrong })), 'invalid-ciphertext');
});

test('KMS calls: data keys, re-encryption, a check without plaintext', async () => {
  const [one, two] = [await newKey('kms'), await newKey('kms')];
  const made = await alice.call('kmsGenerateDataKey', {
    handle: one.handle,
    length: 32,
    aad: AAD,
    withPlaintext: true,
  });
  const dataKey = Buffer.from(made.plaintext);
  const sealed = Buffer.from(made.sealed);
  assert.equal(dataKey.length, 32);
  const moved = await alice.call('kmsReEncrypt', {
    handle: one.handle,
    sealed,
    aad: AAD,
    destinationHandle: two.handle,
    destinationAad: TEXT,
  });
  const there = Buffer.from(moved.sealed);
  const opened = await alice.call('kmsDecrypt', {
    handle: two.handle,
    sealed: there,
    aad: TEXT,
    check: false,
  });
  assert.deepEqual(Buffer.from(opened.plaintext), dataKey);
  const checked = await alice.call('kmsDecrypt', {
    handle: two.handle,
    sealed: there,
    aad: TEXT,
    check: true,
  });
  assert.equal(checked.plaintext.length, 0);
  const under = { sealed: there, aad: TEXT, check: true };
  assert.equal(
    await refusal(alice.call('kmsDecrypt', { handle: one.handle, ...under })),
    'invalid-ciphertext',
  );
  const without = await alice.call('kmsGenerateDataKey', {
    handle: one.handle,
    length: 1024,
    aad: AAD,
    withPlaintext: false,
  });
  assert.equal(without.plaintext.length, 0);
  for (const length of [0, 1025]) {
    const request = { handle: one.handle, length, aad: AAD, withPlaintext: true };
    assert.equal(await refusal(alice.call('kmsGenerateDataKey', request)), 'refused');
  }
});

test('a key has one usage', async () => {
  const [data, kms, wrap] = [await newKey('data'), await newKey('kms'), await newKey('wrap')];
  const plain = { plaintext: TEXT, aad: AAD };
  assert.equal(await refusal(alice.call('kmsEncrypt', { handle: data.handle, ...plain })), 'key-usage');
  assert.equal(await refusal(alice.call('encrypt', { handle: kms.handle, ...plain })), 'key-usage');
  assert.equal(await refusal(alice.call('encrypt', { handle: wrap.handle, ...plain })), 'key-usage');
  const made = { label: 'k', usage: usage('public'), extractable: false };
  assert.equal(await refusal(alice.call('generateKey', made)), 'refused');
});

test('a large plaintext goes through, a larger one does not', async () => {
  const { handle } = await newKey('data');
  const plaintext = Buffer.alloc(512 * 1024, 7);
  const { iv, sealed } = await alice.call('encrypt', { handle, plaintext, aad: AAD });
  const opened = await alice.call('decrypt', { handle, iv, sealed, aad: AAD });
  assert.ok(plaintext.equals(opened.plaintext));
  const larger = { handle, plaintext: Buffer.alloc(600 * 1024), aad: AAD };
  assert.equal(await refusal(alice.call('encrypt', larger)), 'refused');
  const beyond = { handle, plaintext: Buffer.alloc(2 * 1024 * 1024), aad: AAD };
  assert.equal(await refusal(alice.call('encrypt', beyond)), 'refused');
});

test('only owners and sharees use a key, and a sharee does nothing else', async () => {
  const { handle } = await newKey('data', true, 'shared');
  const use = { handle, plaintext: TEXT, aad: AAD };
  assert.equal(await refusal(bob.call('encrypt', use)), 'not-found');
  await alice.call('shareKey', { handle, user: 'bob' });
  await bob.call('encrypt', use);
  assert.deepEqual(
    (await bob.call('findKeys', { label: 'shared', after: '', limit: 10 })).keys[0]?.sharedWith,
    ['bob'],
  );
  assert.equal(await refusal(bob.call('deleteKey', { handle })), 'not-allowed');
  assert.equal(await refusal(bob.call('shareKey', { handle, user: 'bob' })), 'not-allowed');
  assert.equal(await refusal(alice.call('shareKey', { handle, user: 'nobody' })), 'user-not-found');
  await alice.call('unshareKey', { handle, user: 'bob' });
  assert.equal(await refusal(bob.call('encrypt', use)), 'not-found');
  assert.equal(await refusal(alice.call('unshareKey', { handle, user: 'bob' })), 'not-found');
});

test('keys are found by label and page by page', async () => {
  for (let i = 0; i < 3; i += 1) await newKey('data', false, 'paged');
  const first = await alice.call('findKeys', { label: 'paged', after: '', limit: 2 });
  const rest = await alice.call('findKeys', { label: 'paged', after: first.keys[1]?.handle ?? '', limit: 2 });
  assert.deepEqual([first.keys.length, rest.keys.length], [2, 1]);
  assert.equal(
    await refusal(alice.call('generateKey', { label: '', usage: 0, extractable: false })),
    'refused',
  );
});

test('a deleted key is gone, and its ciphertext in the store with it', async () => {
  const { handle, lineage } = await newKey('kms');
  const { receipt } = await alice.call('deleteKey', { handle });
  const stated = readReceipt(receipt, new X509Certificate(cluster.ca.certificate));
  assert.ok(stated.type === 'deletion');
  assert.deepEqual(
    [stated.handle, stated.lineage, stated.erased, stated.notReached],
    [handle, lineage, [hsm.plan.hsmId], []],
  );
  assert.equal(await refusal(alice.call('describeKey', { handle })), 'not-found');
  assert.equal(await refusal(alice.call('deleteKey', { handle: 'f'.repeat(16) })), 'not-found');
});

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const spki = rsa.publicKey.export({ type: 'spki', format: 'der' });
const oaep = (wrapped: Uint8Array): Buffer =>
  privateDecrypt(
    { key: rsa.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
    wrapped,
  );

test('an extractable key leaves wrapped, with a receipt of what left', async () => {
  const key = await newKey('data', true);
  const { key: wrapping } = await alice.call('importPublicKey', { label: 'import', publicKey: spki });
  const { iv, sealed } = await alice.call('encrypt', { handle: key.handle, plaintext: TEXT, aad: AAD });
  const gcm = { iv: Buffer.from(iv), sealed: Buffer.from(sealed) };
  const openWith = (raw: Buffer): string => {
    const decipher = createDecipheriv('aes-256-gcm', raw, gcm.iv);
    decipher.setAAD(AAD);
    decipher.setAuthTag(gcm.sealed.subarray(-16));
    return Buffer.concat([decipher.update(gcm.sealed.subarray(0, -16)), decipher.final()]).toString();
  };
  const request = { handle: key.handle, wrappingHandle: wrapping.handle };
  const one = await alice.call('wrapKey', { ...request, mechanism: mechanism('RSAES_OAEP_SHA_256') });
  assert.equal(openWith(oaep(one.wrapped)), TEXT.toString());
  const stated = readReceipt(one.receipt, new X509Certificate(cluster.ca.certificate));
  assert.ok(stated.type === 'export');
  assert.equal(stated.wrapped, createHash('sha256').update(one.wrapped).digest('hex'));
  assert.equal(stated.wrappingKey, createHash('sha256').update(spki).digest('hex'));
  assert.equal(stated.lineage, key.lineage);

  const two = await alice.call('wrapKey', { ...request, mechanism: mechanism('RSA_AES_KEY_WRAP_SHA_256') });
  const kek = oaep(two.wrapped.subarray(0, 256));
  const unpad = createDecipheriv('id-aes256-wrap-pad', kek, Buffer.from('A65959A6', 'hex'));
  const raw = Buffer.concat([unpad.update(two.wrapped.subarray(256)), unpad.final()]);
  assert.equal(openWith(raw), TEXT.toString());

  const { key: shown } = await alice.call('describeKey', { handle: key.handle });
  assert.equal(shown.exports, 2);
  await alice.call('deleteKey', { handle: key.handle });
  assert.equal(
    (await alice.call('listExports', { handle: key.handle })).receipts.length,
    2,
    'they outlive the key',
  );
});

test('what is not extractable stays, and wrapping keys are what they must be', async () => {
  const [stays, leaves] = [await newKey('data'), await newKey('data', true)];
  assert.deepEqual([stays.neverExtractable, leaves.neverExtractable], [true, false]);
  const { key: wrapping } = await alice.call('importPublicKey', { label: 'import', publicKey: spki });
  const under = { wrappingHandle: wrapping.handle, mechanism: 0 };
  assert.equal(await refusal(alice.call('wrapKey', { handle: stays.handle, ...under })), 'not-extractable');
  assert.equal(await refusal(alice.call('wrapKey', { handle: wrapping.handle, ...under })), 'key-usage');
  const data = { handle: leaves.handle, wrappingHandle: stays.handle, mechanism: mechanism('AES_KW') };
  assert.equal(await refusal(alice.call('wrapKey', data)), 'key-usage');
  assert.equal(await refusal(alice.call('wrapKey', { ...data, mechanism: 99 })), 'refused');
  for (const publicKey of [
    Buffer.from('junk'),
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' }),
    generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'der' }),
  ])
    assert.equal(await refusal(alice.call('importPublicKey', { label: 'x', publicKey })), 'refused');
});

test('a key wrapped under an HSM key comes back as another lineage', async () => {
  const [key, wrapping] = [await newKey('kms', true), await newKey('wrap')];
  const { sealed } = await alice.call('kmsEncrypt', { handle: key.handle, plaintext: TEXT, aad: AAD });
  const ciphertext = Buffer.from(sealed);
  for (const name of ['AES_KW', 'AES_KWP'] as const) {
    const how = { wrappingHandle: wrapping.handle, mechanism: mechanism(name) };
    const { wrapped } = await alice.call('wrapKey', { handle: key.handle, ...how });
    const back = { label: 'back', usage: usage('kms'), extractable: false, ...how };
    const { key: again } = await alice.call('unwrapKey', { wrapped, ...back });
    assert.notEqual(again.lineage, key.lineage);
    assert.deepEqual(again.checkValue, key.checkValue);
    assert.equal(again.neverExtractable, false);
    const opened = await alice.call('kmsDecrypt', {
      handle: again.handle,
      sealed: ciphertext,
      aad: AAD,
      check: false,
    });
    assert.equal(Buffer.from(opened.plaintext).toString(), TEXT.toString());
    assert.equal(
      await refusal(alice.call('unwrapKey', { wrapped: altered(wrapped), ...back })),
      'wrapped-key',
    );
    assert.equal(
      await refusal(alice.call('unwrapKey', { wrapped: Buffer.alloc(0), ...back })),
      'wrapped-key',
    );
  }
});

test('the audit log is gapless, chained and signed, and counts the uses of each key', async () => {
  const { handle } = await newKey('data');
  for (let i = 0; i < 7; i += 1) await alice.call('encrypt', { handle, plaintext: TEXT, aad: AAD });
  await hsm.stop();
  await hsm.start();
  await cluster.unlock(hsm);
  alice = await cluster.login(hsm);
  const lines: string[] = [];
  for (;;) {
    const page = await alice.call('readAudit', { first: lines.length + 1, limit: 100 });
    lines.push(...page.lines);
    if (page.lines.length === 0) break;
  }
  const { entries, problem } = checkAudit(lines);
  assert.equal(problem, undefined);
  assert.deepEqual(
    entries.map(({ sequence }) => sequence),
    lines.map((_, index) => index + 1),
  );
  const counted = entries.find(({ opcode, key }) => opcode === 'KEY_USES' && key === handle);
  assert.deepEqual(counted?.details, { session: 7, total: 7 });
  assert.equal((await alice.call('describeKey', { handle })).key.uses, 7);
  assert.ok(entries.some(({ opcode, result }) => opcode === 'WRAP_KEY' && result === 'not-extractable'));

  const without = [...lines.slice(0, 20), ...lines.slice(21)];
  assert.equal(checkAudit(without).problem?.problem, 'gap');
  const edited = lines.map((line, index) => (index === 20 ? line.replace('"time":1', '"time":2') : line));
  assert.ok(checkAudit(edited).problem);
});
