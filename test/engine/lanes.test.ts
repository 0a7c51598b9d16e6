import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Domain } from '../../src/engine/domain.ts';
import { fastLane } from '../../src/engine/lanes/fast.ts';
import type { Handlers } from '../../src/engine/lanes/lane.ts';
import { slowLane } from '../../src/engine/lanes/slow.ts';
import { type Binding, encodeBinding } from '../../src/engine/protocol/binding.ts';
import { Session } from '../../src/engine/session.ts';
import { accessKeyBinding, createKey, keyBinding, type TestKey } from '../support/bindings.ts';

const session = new Session();
const code = (expected: string) => (error: { code?: string }) => error.code === expected;
const context = Buffer.from('00000000', 'hex');

async function lanes(): Promise<{
  fast: ReturnType<typeof fastLane>;
  slow: ReturnType<typeof slowLane>;
  domain: Domain;
  create(binding?: Binding): Promise<TestKey>;
}> {
  const domain = new Domain(() => undefined);
  domain.holdRoot(Buffer.alloc(32, 1));
  const slow = slowLane(domain, async () => undefined);
  const fast = fastLane(domain);
  const { blob } = await slow.createDomain({}, session);
  await slow.loadDomain({ blob }, session);
  const call = async (name: keyof Handlers, request: unknown): Promise<unknown> =>
    (slow as unknown as Record<string, (r: unknown, s: Session) => unknown>)[name]?.(request, session);
  return { fast, slow, domain, create: (binding) => createKey({ call } as never, binding) };
}

test('encrypt, decrypt, re-encrypt and data keys give back what went in, and count uses', async () => {
  const { fast, create } = await lanes();
  const [a, b] = [
    await create(),
    await create({ ...keyBinding, keyId: '00000000-12ab-34cd-56ef-1234567890ab' }),
  ];
  const own = new Session();
  const plaintext = Buffer.from('a secret');
  const encrypted = await fast.encrypt({ ...a, plaintext, context }, own);
  assert.equal(encrypted.counter, 1);
  const dry = await fast.decrypt({ ...a, ciphertext: encrypted.ciphertext, context, check: true }, own);
  assert.deepEqual([dry.plaintext.length, dry.counter], [0, 0]);
  const opened = await fast.decrypt({ ...a, ciphertext: encrypted.ciphertext, context, check: false }, own);
  assert.deepEqual([Buffer.from(opened.plaintext).toString(), opened.counter], ['a secret', 2]);
  const moved = await fast.reEncrypt(
    {
      sourceBinding: a.binding,
      sourceToken: a.token,
      ciphertext: encrypted.ciphertext,
      sourceContext: context,
      destinationBinding: b.binding,
      destinationToken: b.token,
      destinationContext: Buffer.from('other'),
    },
    own,
  );
  assert.deepEqual([moved.sourceCounter, moved.destinationCounter], [3, 1]);
  const end = await fast.decrypt(
    { ...b, ciphertext: moved.ciphertext, context: Buffer.from('other'), check: false },
    own,
  );
  assert.equal(Buffer.from(end.plaintext).toString(), 'a secret');
  for (const length of [1, 32, 1024]) {
    const data = await fast.generateDataKey({ ...a, length, context, withPlaintext: true }, own);
    assert.equal(data.plaintext.length, length);
    const again = await fast.decrypt({ ...a, ciphertext: data.ciphertext, context, check: false }, own);
    assert.deepEqual(again.plaintext, data.plaintext);
  }
  const silent = await fast.generateDataKey({ ...a, length: 32, context, withPlaintext: false }, own);
  assert.equal(silent.plaintext.length, 0);
});

test('two sessions count apart', async () => {
  const { fast, create } = await lanes();
  const key = await create();
  const request = { ...key, plaintext: Buffer.of(1), context };
  const [one, two] = [new Session(), new Session()];
  assert.notEqual(one.id, two.id);
  for (const expected of [1, 2, 3]) assert.equal((await fast.encrypt(request, one)).counter, expected);
  assert.equal((await fast.encrypt(request, two)).counter, 1);
});

test('a ciphertext decrypts under its key, material and context only, with one error for all', async () => {
  const { fast, create } = await lanes();
  const a = await create();
  const sameKeyNewMaterial = await create();
  const b = await create({ ...keyBinding, account: '999988887777' });
  const { ciphertext } = await fast.encrypt({ ...a, plaintext: Buffer.from('x'), context }, session);
  const attempt = (key: TestKey, blob: Uint8Array, with_ = context): unknown =>
    fast.decrypt({ ...key, ciphertext: blob, context: with_, check: false }, session);
  const cut = [0, 1, 71, 72, 88].map((size) => ciphertext.subarray(0, size));
  for (const bad of [...cut, Buffer.concat([ciphertext, Buffer.of(0)]), Buffer.alloc(200, 1)]) {
    assert.throws(() => attempt(a, bad), code('invalid-ciphertext'));
  }
  assert.throws(() => attempt(a, ciphertext, Buffer.from('00000001')), code('invalid-ciphertext'));
  assert.throws(() => attempt(sameKeyNewMaterial, ciphertext), code('invalid-ciphertext'));
  assert.throws(() => attempt(b, ciphertext), code('invalid-ciphertext'));
});

test('sizes out of bounds are refused', async () => {
  const { fast, create } = await lanes();
  const key = await create();
  for (const size of [0, 4097]) {
    assert.throws(
      () => fast.encrypt({ ...key, plaintext: Buffer.alloc(size), context }, session),
      code('refused'),
    );
  }
  for (const length of [0, 1025, 0xffff_ffff]) {
    assert.throws(() => fast.random({ length }, session), code('refused'));
    const request = { ...key, length, context, withPlaintext: false };
    assert.throws(() => fast.generateDataKey(request, session), code('refused'));
  }
});

test('a token serves nothing but its kind, whatever the front asks', async () => {
  const { fast, slow, create } = await lanes();
  const key = await create();
  const binding = encodeBinding(accessKeyBinding);
  const access = { binding, ...(await slow.createAccessKey({ binding }, session)) };
  const scope = { date: '20261124', region: 'eu-central-1', service: 'kms' };
  assert.equal((await fast.signingKey({ ...access, ...scope }, session)).key.length, 32);
  assert.throws(() => fast.signingKey({ ...key, ...scope }, session), code('refused'));
  assert.throws(
    () => fast.encrypt({ ...access, plaintext: Buffer.of(1), context }, session),
    code('refused'),
  );
  assert.throws(
    () => fast.generateDataKey({ ...access, length: 1, context, withPlaintext: true }, session),
    code('refused'),
  );
});

test('material is made only for bindings that a key can have', async () => {
  const { create } = await lanes();
  const bad: readonly Partial<Binding>[] = [
    { kind: 'access-key-secret' },
    { keySpec: 'RSA_2048' },
    { keySpec: 'toString' },
    { keySpec: '' },
    { usage: 'SIGN_VERIFY' },
    { origin: 'EXTERNAL' },
    { account: '1' },
    { keyId: 'alias/a' },
    { region: '' },
    { region: '*' },
    { keyId: 'mrk-1234abcd12ab34cd56ef1234567890ab' },
    { materialId: '00'.repeat(32) },
  ];
  for (const change of bad) {
    await assert.rejects(create({ ...keyBinding, ...change }), code('refused'), JSON.stringify(change));
  }
  await create({ ...keyBinding, keyId: 'mrk-1234abcd12ab34cd56ef1234567890ab', region: '*' });
});

test('access keys are made only for bindings of access keys', async () => {
  const { slow } = await lanes();
  for (const change of [
    { kind: 'key-material' },
    { account: 'x' },
    { region: 'eu-central-1' },
    { keyId: '' },
    { usage: 'x' },
  ]) {
    const binding = encodeBinding({ ...accessKeyBinding, ...change } as Binding);
    assert.throws(() => slow.createAccessKey({ binding }, session), code('refused'), JSON.stringify(change));
  }
  assert.throws(() => slow.createAccessKey({ binding: Buffer.of(9) }, session), code('wrong-token'));
});

test('rows are authenticated and verified', async () => {
  const { fast } = await lanes();
  const row = { table: 'key', id: 'a', version: 1, content: Buffer.from('{}') };
  const { macs } = await fast.authenticateRows({ rows: [row, { ...row, version: 2 }] }, session);
  const [mac = Buffer.alloc(0), second = Buffer.alloc(0)] = macs;
  const rows = [
    { ...row, mac },
    { ...row, mac: second },
    { ...row, content: Buffer.from('{ }'), mac },
  ];
  assert.deepEqual((await fast.verifyRows({ rows }, session)).valid, [true, false, false]);
});

test('tokens move to the current domain key; retired ones open no more', async () => {
  const { fast, slow, create } = await lanes();
  const key = await create();
  const load = async (proposal: { blob: Uint8Array }) => slow.loadDomain({ blob: proposal.blob }, session);
  await load(await slow.rotateDomainKey({ minimumEpoch: 0 }, session));
  const { tokens } = await slow.rewrapTokens(
    { tokens: [{ binding: key.binding, token: key.token }] },
    session,
  );
  const [token] = tokens;
  assert.ok(token);
  await load(await slow.retireDomainKeys({}, session));
  const described = await slow.describeDomain({}, session);
  assert.deepEqual([described.epoch, described.currentDomainKey, described.domainKeys.length], [3, 2, 1]);
  const request = { binding: key.binding, plaintext: Buffer.of(1), context };
  assert.ok(await fast.encrypt({ ...request, token }, session));
  const other = fastLane(new Domain(() => undefined));
  assert.throws(() => other.encrypt({ ...request, token }, session), code('sealed'));
  assert.throws(() => slow.rewrapTokens({ tokens: [key] }, session), code('unknown-domain-key'));
  assert.throws(
    () => slow.rewrapTokens({ tokens: [{ ...key, token, binding: Buffer.of(0) }] }, session),
    code('wrong-token'),
  );
});
