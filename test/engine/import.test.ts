import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, createSecretKey, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { oaep, type Unwrap, wrappedAesKey } from '../../src/engine/algorithms/import-key/unwrap.ts';
import { type Binding, encodeBinding } from '../../src/engine/protocol/binding.ts';
import { rowIsAuthentic } from '../../src/engine/rows.ts';
import { encodeImportToken, type ImportTokenFacts, parseImportToken } from '../../src/kms/import-token.ts';
import { keyBinding } from '../support/bindings.ts';
import { startEngines, type TestEngines } from '../support/engines.ts';
import { rounds, seeded } from '../support/random.ts';
import { hex, readVectors } from '../support/vectors.ts';
import { opensslWraps } from '../support/wrapping.ts';

interface TokenCase extends ImportTokenFacts {
  readonly name: string;
  readonly rowKey: string;
  readonly row: string;
  readonly token: string;
}
const vectors = readVectors<{
  tokens: TokenCase[];
  wrapped: { privateKey: string; material: string; cases: { algorithm: string; wrapped: string }[] };
}>('import-token');
const unwraps: Readonly<Record<string, Unwrap>> = {
  RSAES_OAEP_SHA_256: oaep,
  RSA_AES_KEY_WRAP_SHA_256: wrappedAesKey,
};

let engines: TestEngines;
before(async () => {
  engines = await startEngines();
});
after(() => engines.stop());

const code = (expected: string) => (error: { code?: string }) => error.code === expected;
const material: Binding = { ...keyBinding, origin: 'EXTERNAL' };
const importKey = (more: Partial<Binding> = {}): Binding => ({
  ...material,
  kind: 'import-key',
  keySpec: 'RSA_2048',
  usage: 'RSAES_OAEP_SHA_256',
  ...more,
});
async function createImportKey(binding: Binding = importKey()) {
  const made = await engines.engine.call('createImportKey', { binding: encodeBinding(binding) });
  const complete = { ...binding, materialId: made.publicKeyHash };
  return { ...made, importBinding: encodeBinding(complete), importToken: made.token, usage: binding.usage };
}
type Made = Awaited<ReturnType<typeof createImportKey>>;
const bring = ({ importBinding, importToken }: Made, wrapped: Uint8Array, more: object = {}) =>
  engines.engine.call('importMaterial', {
    binding: encodeBinding(material),
    importBinding,
    importToken,
    wrapped,
    known: [],
    existing: false,
    ...more,
  });
const wrap = ({ publicKey, usage }: Made, secret: Uint8Array): Buffer =>
  opensslWraps[usage]?.(publicKey, secret) ?? assert.fail();

test('there are vectors of import tokens and of wrapped material', () => {
  assert.deepEqual([vectors.tokens.length, vectors.wrapped.cases.length], [2, 2]);
});

for (const vector of vectors.tokens) {
  test(`import token vector: ${vector.name}`, () => {
    const { name: _, rowKey, row, token, ...facts } = vector;
    const parsed = parseImportToken(hex(token));
    assert.ok(parsed);
    const { keySpec, algorithm, validTo, publicKeyHash } = facts;
    assert.deepEqual(parsed.facts, { keySpec, algorithm, validTo, publicKeyHash });
    assert.deepEqual(encodeImportToken(parsed.facts), Buffer.from(parsed.content));
    const authentic = (id: string) =>
      rowIsAuthentic(
        createSecretKey(hex(rowKey)),
        { table: 'import-token', id, version: 1, content: parsed.content },
        parsed.mac,
      );
    assert.ok(authentic(row));
    for (const other of vectors.tokens) if (other !== vector) assert.equal(authentic(other.row), false);
  });
}

for (const vector of vectors.wrapped.cases) {
  test(`wrapped material vector: ${vector.algorithm}`, () => {
    const der = hex(vectors.wrapped.privateKey);
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    for (const [algorithm, unwrap] of Object.entries(unwraps)) {
      const expected = algorithm === vector.algorithm ? vectors.wrapped.material : undefined;
      assert.equal(unwrap(key, hex(vector.wrapped))?.toString('hex'), expected);
    }
    const random = seeded(vector.algorithm);
    for (let round = 0; round < rounds(100); round++) {
      const altered = hex(vector.wrapped);
      const at = random.below(altered.length);
      altered[at] = (altered[at] ?? 0) ^ (1 << random.below(8));
      for (const unwrap of Object.values(unwraps)) assert.equal(unwrap(key, altered), undefined);
    }
  });
}

for (const usage of Object.keys(opensslWraps)) {
  for (const keySpec of ['RSA_2048', 'RSA_3072', 'RSA_4096']) {
    test(`what openssl wraps by ${usage} under ${keySpec} is used as it is`, async () => {
      const made = await createImportKey(importKey({ usage, keySpec }));
      assert.equal(made.publicKeyHash, createHash('sha256').update(made.publicKey).digest('hex'));
      const secret = randomBytes(32);
      const { token, materialId } = await bring(made, wrap(made, secret));
      const binding = encodeBinding({ ...material, materialId });
      const context = Buffer.from('00000000', 'hex');
      const plaintext = Buffer.from('x');
      const { ciphertext } = await engines.engine.call('encrypt', { binding, token, plaintext, context });
      // The same material under another import key opens it: nothing of the wrapping is in what is kept.
      const again = await createImportKey();
      const same = await bring(again, wrap(again, secret), { known: [materialId], existing: true });
      assert.equal(same.materialId, materialId);
      const opened = await engines.engine.call('decrypt', {
        binding,
        token: same.token,
        ciphertext,
        context,
        check: false,
      });
      assert.equal(Buffer.from(opened.plaintext).toString(), 'x');
    });
  }
}

test('the engine itself knows whether material is new, whatever the front would like', async () => {
  const made = await createImportKey();
  const wrapped = wrap(made, randomBytes(32));
  const { materialId } = await bring(made, wrapped);
  const other = 'ab'.repeat(32);
  for (const [known, existing] of [
    [[], true],
    [[other], true],
    [[other, materialId], false],
  ] as const)
    await assert.rejects(bring(made, wrapped, { known, existing }), code('incorrect-material'));
  assert.equal(
    (await bring(made, wrapped, { known: [other, materialId], existing: true })).materialId,
    materialId,
  );
  assert.equal((await bring(made, wrapped, { known: [other] })).materialId, materialId);
});

test('material of another size is refused, and what does not unwrap in one way', async () => {
  for (const usage of Object.keys(opensslWraps)) {
    const made = await createImportKey(importKey({ usage }));
    for (const size of [1, 16, 31, 33])
      await assert.rejects(bring(made, wrap(made, randomBytes(size))), code('incorrect-material'));
    for (const bad of [Buffer.alloc(0), Buffer.alloc(256), Buffer.alloc(6144), randomBytes(296)])
      await assert.rejects(bring(made, bad), code('invalid-ciphertext'));
  }
});

test('a mask by another hash than that of the padding does not unwrap', async () => {
  const made = await createImportKey();
  const folder = mkdtempSync(join(tmpdir(), 'lockholm-mgf1-'));
  try {
    const key = join(folder, 'key.der');
    writeFileSync(key, made.publicKey);
    const by = (mask: string): Buffer => {
      const options = ['rsa_padding_mode:oaep', 'rsa_oaep_md:sha256', `rsa_mgf1_md:${mask}`];
      const args = ['-encrypt', '-pubin', '-inkey', key, '-keyform', 'DER'];
      const pairs = options.flatMap((option) => ['-pkeyopt', option]);
      return execFileSync('openssl', ['pkeyutl', ...args, ...pairs], { input: randomBytes(32) });
    };
    await assert.rejects(bring(made, by('sha1')), code('invalid-ciphertext'));
    await bring(made, by('sha256'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('an import key brings material into its own key, by its own algorithm, and does nothing else', async () => {
  const made = await createImportKey();
  const wrapped = wrap(made, randomBytes(32));
  const foreign: readonly Partial<Binding>[] = [
    { keyId: '00000000-12ab-34cd-56ef-1234567890ab' },
    { account: '999988887777' },
    { region: 'us-east-1' },
  ];
  for (const change of foreign)
    await assert.rejects(
      bring(made, wrapped, { binding: encodeBinding({ ...material, ...change }) }),
      code('refused'),
    );
  const lies: readonly Partial<Binding>[] = [
    { usage: 'RSA_AES_KEY_WRAP_SHA_256' },
    { keySpec: 'RSA_4096' },
    { materialId: 'ab'.repeat(32) },
  ];
  for (const change of lies) {
    const lie = encodeBinding({ ...importKey({ materialId: made.publicKeyHash }), ...change });
    await assert.rejects(bring(made, wrapped, { importBinding: lie }), code('wrong-token'));
  }
  const used = { binding: made.importBinding, token: made.token };
  const context = Buffer.alloc(0);
  for (const attempt of [
    () => engines.engine.call('encrypt', { ...used, plaintext: Buffer.of(1), context }),
    () => engines.engine.call('generateDataKey', { ...used, length: 32, context, withPlaintext: true }),
    () =>
      engines.engine.call('signingKey', { ...used, date: '20260115', region: 'us-east-1', service: 'kms' }),
    () => bring(made, wrapped, { binding: encodeBinding({ ...material, materialId: 'ab'.repeat(32) }) }),
    () => bring(made, wrapped, { binding: encodeBinding(keyBinding) }),
    () => bring(made, wrapped, { importBinding: encodeBinding(keyBinding) }),
  ])
    await assert.rejects(attempt(), code('refused'));
});

test('import keys are made for keys with imported material alone', async () => {
  for (const change of [
    { kind: 'key-material' },
    { origin: 'AWS_KMS' },
    { keySpec: 'RSA_1024' },
    { keySpec: 'SM2' },
    { keySpec: 'toString' },
    { usage: 'RSAES_OAEP_SHA_1' },
    { usage: 'constructor' },
    { account: 'x' },
    { keyId: 'x' },
    { region: '*' },
    { materialId: 'ab'.repeat(32) },
  ] as const)
    await assert.rejects(createImportKey(importKey(change)), code('refused'), JSON.stringify(change));
  const empty = encodeBinding({ ...material, materialId: '' });
  await assert.rejects(engines.engine.call('createMaterial', { binding: empty }), code('refused'));
});

test('the slow lane goes on while RSA keys are made', async () => {
  const order: string[] = [];
  const note = (name: string) => () => order.push(name);
  await Promise.all([
    createImportKey(importKey({ keySpec: 'RSA_4096' })).then(note('import key')),
    engines.engine.call('describeDomain', {}).then(note('domain')),
  ]);
  assert.deepEqual(order, ['domain', 'import key']);
});

test('import keys and imported material move to a new domain key', async () => {
  const made = await createImportKey();
  const wrapped = wrap(made, randomBytes(32));
  const { blob } = await engines.engine.call('rotateDomainKey', { minimumEpoch: 0 });
  await engines.loadDomain(blob);
  const { tokens } = await engines.engine.call('rewrapTokens', {
    tokens: [{ binding: made.importBinding, token: made.token }],
  });
  const [fresh] = tokens;
  assert.ok(fresh);
  await engines.loadDomain((await engines.engine.call('retireDomainKeys', {})).blob);
  await assert.rejects(bring(made, wrapped), code('unknown-domain-key'));
  await bring({ ...made, importToken: Buffer.from(fresh) }, wrapped);
});
