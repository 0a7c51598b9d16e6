import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { OTHER_ACCOUNT, startKms, type TestKms } from '../support/kms.ts';

let kms: TestKms;
let key: { KeyId: string; Arn: string; CurrentKeyMaterialId: string };
const plain = Buffer.from('attack at dawn');

before(async () => {
  kms = await startKms();
  key = (await kms.call('CreateKey')).KeyMetadata;
});
after(() => kms.stop());

test('what was encrypted decrypts, under the same context in any order of its pairs', async () => {
  const sealed = await kms.call('Encrypt', {
    KeyId: key.KeyId,
    Plaintext: plain,
    EncryptionContext: { b: '2', a: '1' },
  });
  assert.equal(sealed.KeyId, key.Arn);
  assert.equal(sealed.EncryptionAlgorithm, 'SYMMETRIC_DEFAULT');
  const opened = await kms.call('Decrypt', {
    CiphertextBlob: sealed.CiphertextBlob,
    EncryptionContext: { a: '1', b: '2' },
  });
  assert.deepEqual(Buffer.from(opened.Plaintext), plain);
  assert.equal(opened.KeyId, key.Arn);
  assert.equal(opened.KeyMaterialId, key.CurrentKeyMaterialId);
});

test('equal plaintexts give different ciphertexts', async () => {
  const [one, two] = await Promise.all(
    [0, 1].map(() => kms.call('Encrypt', { KeyId: key.KeyId, Plaintext: plain })),
  );
  assert.notDeepEqual(one.CiphertextBlob, two.CiphertextBlob);
});

test('a ciphertext altered in any byte, cut or lengthened is refused without a message', async () => {
  const { CiphertextBlob: blob } = await kms.call('Encrypt', { KeyId: key.KeyId, Plaintext: plain });
  const altered = [...blob.keys()].map((at: number) => {
    const copy = Buffer.from(blob);
    copy[at] = (copy[at] ?? 0) ^ 1;
    return copy;
  });
  for (const bad of [...altered, blob.subarray(0, -1), Buffer.concat([blob, Buffer.of(0)]), Buffer.of(7)]) {
    for (const [operation, input] of [
      ['Decrypt', {}],
      ['Decrypt', { DryRun: true }],
      ['ReEncrypt', { DestinationKeyId: key.KeyId }],
    ] as const) {
      const error = await kms.error(operation, { CiphertextBlob: bad, ...input });
      assert.equal(error.code, 'InvalidCiphertextException');
      assert.equal(error.wireMessage, undefined);
    }
  }
});

test('a wrong, missing or further context pair is refused', async () => {
  const { CiphertextBlob } = await kms.call('Encrypt', {
    KeyId: key.KeyId,
    Plaintext: plain,
    EncryptionContext: { a: 'b' },
  });
  for (const EncryptionContext of [undefined, {}, { a: 'B' }, { A: 'b' }, { a: 'b', c: '' }, { ab: '' }]) {
    const error = await kms.error('Decrypt', { CiphertextBlob, EncryptionContext });
    assert.equal(error.code, 'InvalidCiphertextException');
    assert.equal(error.wireMessage, undefined);
  }
});

test('a KeyId that disagrees with the ciphertext is an IncorrectKeyException', async () => {
  const other = (await kms.call('CreateKey')).KeyMetadata;
  const { CiphertextBlob } = await kms.call('Encrypt', { KeyId: key.KeyId, Plaintext: plain });
  assert.equal(
    (await kms.error('Decrypt', { CiphertextBlob, KeyId: other.KeyId })).code,
    'IncorrectKeyException',
  );
  const opened = await kms.call('Decrypt', { CiphertextBlob, KeyId: key.Arn });
  assert.deepEqual(Buffer.from(opened.Plaintext), plain);
});

test('another account can neither use a key nor learn whether one exists', async () => {
  const { CiphertextBlob } = await kms.call('Encrypt', { KeyId: key.KeyId, Plaintext: plain });
  const absent = key.Arn.replace(/[0-9a-f]{12}$/, '000000000000');
  await kms.call('CreateAlias', { AliasName: 'alias/private', TargetKeyId: key.KeyId });
  const alias = key.Arn.replace(/key\/.*/, 'alias/private');
  const options = { account: OTHER_ACCOUNT };
  const anything = { DryRun: true, DryRunModifiers: ['IGNORE_CIPHERTEXT'] };
  for (const KeyId of [key.Arn, absent, alias, `${alias}-absent`]) {
    const dryRun = await kms.error('Decrypt', { KeyId, ...anything }, options);
    assert.match(dryRun.wireMessage ?? '', new RegExp(`kms:Decrypt on resource: ${KeyId} because`));
    const error = await kms.error('Encrypt', { KeyId, Plaintext: plain }, options);
    assert.equal(error.code, 'AccessDeniedException');
    assert.equal(
      error.wireMessage,
      `User: arn:aws:iam::${OTHER_ACCOUNT}:root is not authorized to perform: kms:Encrypt on resource: ${KeyId} ` +
        'because no resource-based policy allows the kms:Encrypt action',
    );
  }
  assert.equal((await kms.error('Decrypt', { CiphertextBlob }, options)).code, 'AccessDeniedException');
});

test("of another account's key only who has a ciphertext of it, and its context, learns that it is there", async () => {
  const EncryptionContext = { a: 'b' };
  const { CiphertextBlob: blob } = await kms.call('Encrypt', {
    KeyId: key.KeyId,
    Plaintext: plain,
    EncryptionContext,
  });
  const changed = (from: number, to: number) => {
    const copy = Buffer.from(blob);
    for (let at = from; at < to; at++) copy[at] = (copy[at] ?? 0) ^ 0xff;
    return copy;
  };
  const options = { account: OTHER_ACCOUNT };
  for (const [operation, context, more] of [
    ['Decrypt', 'EncryptionContext', {}],
    ['ReEncrypt', 'SourceEncryptionContext', { DestinationKeyId: (await otherKey()).KeyId }],
  ] as const) {
    const code = async (CiphertextBlob: Buffer, value: object = EncryptionContext) =>
      (await kms.error(operation, { CiphertextBlob, [context]: value, ...more }, options)).code;
    assert.equal(await code(blob), 'AccessDeniedException');
    // Another context, key, material, nonce, tag.
    assert.equal(await code(blob, {}), 'InvalidCiphertextException');
    for (const [from, to] of [
      [8, 24],
      [24, 56],
      [56, 72],
      [blob.length - 16, blob.length],
    ] as const)
      assert.equal(await code(changed(from, to)), 'InvalidCiphertextException');
  }
});

const otherKey = async () => (await kms.call('CreateKey', {}, { account: OTHER_ACCOUNT })).KeyMetadata;

test('a ciphertext of another Region is refused', async () => {
  const { CiphertextBlob } = await kms.call('Encrypt', { KeyId: key.KeyId, Plaintext: plain });
  const error = await kms.error('Decrypt', { CiphertextBlob }, { region: 'us-east-1' });
  assert.equal(error.code, 'InvalidCiphertextException');
});

test('data keys have the length asked for, and come back from their ciphertext', async () => {
  for (const [spec, size] of [
    [{ KeySpec: 'AES_128' }, 16],
    [{ KeySpec: 'AES_256' }, 32],
    [{ NumberOfBytes: 1024 }, 1024],
  ] as const) {
    const made = await kms.call('GenerateDataKey', { KeyId: key.KeyId, ...spec });
    assert.equal(made.Plaintext.length, size);
    assert.equal(made.KeyMaterialId, key.CurrentKeyMaterialId);
    const opened = await kms.call('Decrypt', { CiphertextBlob: made.CiphertextBlob });
    assert.deepEqual(opened.Plaintext, made.Plaintext);
    const hidden = await kms.call('GenerateDataKeyWithoutPlaintext', { KeyId: key.KeyId, ...spec });
    assert.deepEqual(Object.keys(hidden).sort(), ['CiphertextBlob', 'KeyId', 'KeyMaterialId']);
    assert.equal(
      (await kms.call('Decrypt', { CiphertextBlob: hidden.CiphertextBlob })).Plaintext.length,
      size,
    );
  }
  for (const spec of [{}, { KeySpec: 'AES_256', NumberOfBytes: 32 }])
    assert.equal(
      (await kms.error('GenerateDataKey', { KeyId: key.KeyId, ...spec })).code,
      'ValidationException',
    );
});

test('ReEncrypt moves a ciphertext to another key and context', async () => {
  const target = (await kms.call('CreateKey')).KeyMetadata;
  const { CiphertextBlob } = await kms.call('Encrypt', {
    KeyId: key.KeyId,
    Plaintext: plain,
    EncryptionContext: { from: 'here' },
  });
  const moved = await kms.call('ReEncrypt', {
    CiphertextBlob,
    SourceEncryptionContext: { from: 'here' },
    DestinationKeyId: target.KeyId,
    DestinationEncryptionContext: { to: 'there' },
  });
  assert.equal(moved.SourceKeyId, key.Arn);
  assert.equal(moved.KeyId, target.Arn);
  assert.equal(moved.SourceKeyMaterialId, key.CurrentKeyMaterialId);
  assert.equal(moved.DestinationKeyMaterialId, target.CurrentKeyMaterialId);
  const opened = await kms.call('Decrypt', {
    CiphertextBlob: moved.CiphertextBlob,
    EncryptionContext: { to: 'there' },
  });
  assert.deepEqual(Buffer.from(opened.Plaintext), plain);
});

test('a dry run fails as the call would, and otherwise with DryRunOperationException', async () => {
  const { CiphertextBlob } = await kms.call('Encrypt', { KeyId: key.KeyId, Plaintext: plain });
  const KeyId = key.KeyId;
  const calls: readonly [string, object][] = [
    ['Encrypt', { KeyId, Plaintext: plain }],
    ['Decrypt', { CiphertextBlob }],
    ['Decrypt', { KeyId, DryRunModifiers: ['IGNORE_CIPHERTEXT'] }],
    ['GenerateDataKey', { KeyId, KeySpec: 'AES_256' }],
    ['GenerateDataKeyWithoutPlaintext', { KeyId, KeySpec: 'AES_256' }],
    ['ReEncrypt', { CiphertextBlob, DestinationKeyId: KeyId }],
    ['ReEncrypt', { SourceKeyId: KeyId, DestinationKeyId: KeyId, DryRunModifiers: ['IGNORE_CIPHERTEXT'] }],
  ];
  for (const [operation, input] of calls) {
    const error = await kms.error(operation, { ...input, DryRun: true });
    assert.equal(error.code, 'DryRunOperationException', operation);
    assert.equal(error.wireMessage, 'The request would have succeeded, but the DryRun option is set.');
  }
  const bad = Buffer.from(CiphertextBlob);
  bad[bad.length - 1] = (bad.at(-1) ?? 0) ^ 1;
  assert.equal(
    (await kms.error('Decrypt', { CiphertextBlob: bad, DryRun: true })).code,
    'InvalidCiphertextException',
  );
  assert.equal(
    (await kms.error('Decrypt', { CiphertextBlob, DryRunModifiers: ['IGNORE_CIPHERTEXT'] })).code,
    'ValidationException',
  );
});

test('grant tokens and attestation are refused, not ignored', async () => {
  const KeyId = key.KeyId;
  const tokens = await kms.error('Encrypt', { KeyId, Plaintext: plain, GrantTokens: ['x'] });
  assert.equal(tokens.code, 'InvalidGrantTokenException');
  const Recipient = {
    KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    AttestationDocument: Buffer.of(1),
  };
  for (const [operation, input] of [
    ['GenerateDataKey', { KeyId, KeySpec: 'AES_256', Recipient }],
    ['GenerateRandom', { NumberOfBytes: 8, Recipient }],
  ] as const)
    assert.equal((await kms.error(operation, input)).code, 'UnsupportedOperationException');
});

test('GenerateRandom gives as many bytes as asked for', async () => {
  assert.equal((await kms.call('GenerateRandom', { NumberOfBytes: 1024 })).Plaintext.length, 1024);
  assert.equal((await kms.error('GenerateRandom', {})).code, 'ValidationException');
  assert.equal(
    (await kms.error('GenerateRandom', { NumberOfBytes: 1, CustomKeyStoreId: 'cks-1234567890abcdef0' })).code,
    'CustomKeyStoreNotFoundException',
  );
});

test('the journal counts each use, and holds no plaintext or ciphertext', async () => {
  const secret = Buffer.from('a plaintext that must not be seen');
  const { CiphertextBlob } = await kms.call('Encrypt', { KeyId: key.KeyId, Plaintext: secret });
  const events = await kms.events();
  const last = events.at(-1);
  assert.equal(last?.envelope.name, 'Encrypt');
  assert.deepEqual(last?.envelope.resources, [key.Arn]);
  assert.equal(last?.body.requestParameters.keyId, key.KeyId);
  const text = JSON.stringify(events);
  for (const bytes of [secret, CiphertextBlob])
    for (const encoding of ['utf8', 'hex', 'base64'] as const)
      assert.ok(!text.includes(Buffer.from(bytes).toString(encoding)));
  const counters = events.flatMap(({ envelope }) => envelope.uses);
  const own = counters.filter((use) => JSON.stringify(use).includes(key.CurrentKeyMaterialId));
  assert.ok(own.length > 5);
});
