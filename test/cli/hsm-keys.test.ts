/** `lockholm hsm key`, `crypto`, `receipt` and `audit`: what a crypto user does. */
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, privateDecrypt } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { makeCustomerCa } from '../support/customer-ca.ts';
import { ADMIN, TestCluster } from '../support/hsm-cluster.ts';
import { HsmCommands } from '../support/hsm-command.ts';
import type { HostedHsm } from '../support/hsm-host.ts';

const cluster = new TestCluster();
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
let hsm: HostedHsm;
let commands: HsmCommands;
before(async () => {
  hsm = await cluster.active();
  commands = new HsmCommands(cluster, hsm);
  const admin = await cluster.login(hsm, ADMIN);
  await admin.call('createUser', { user: 'carol', password: 'carol-password', role: 1 });
  admin.close();
  commands.write('carol.txt', 'carol-password');
  commands.write('rsa.pem', publicKey.export({ type: 'spki', format: 'pem' }));
  commands.write('rsa.der', publicKey.export({ type: 'spki', format: 'der' }));
});
after(() => cluster.remove());

const ALICE = ['--user', 'alice', '--password-file', 'alice.txt'];
const CAROL = ['--user', 'carol', '--password-file', 'carol.txt'];
const file = (name: string): Buffer => readFileSync(commands.path(name));

interface KeyData {
  readonly key: {
    readonly 'key-reference': string;
    readonly attributes: Readonly<Record<string, unknown>>;
    readonly origin: string;
    readonly exports: number;
  };
}
const made = new Map<string, string>();
async function generate(label: string, ...options: readonly string[]): Promise<KeyData['key']> {
  const { key } = await commands.aliceJson<KeyData>(
    'key',
    'generate-symmetric',
    'aes',
    '--label',
    label,
    ...options,
  );
  made.set(label, key['key-reference']);
  return key;
}

test('a key is made, and never leaves unless that was said', async () => {
  const { attributes, origin } = await generate('stays');
  assert.deepEqual(
    [attributes.extractable, attributes['never-extractable'], attributes.encrypt, attributes.wrap, origin],
    [false, true, true, false, 'generated'],
  );
  assert.equal((await generate('leaves', '--extractable')).attributes.extractable, true);
  assert.equal((await generate('wrapper', '--usage', 'wrap')).attributes.wrap, true);
  await commands.fails(
    1,
    /a label has|printable ASCII/,
    'key',
    'generate-symmetric',
    'aes',
    '--label',
    '',
    ...ALICE,
  );
  const other = ['key', 'generate-symmetric', 'aes', '--label', 'x', ...ALICE];
  for (const wrong of [
    ['--key-length-bytes', '16'],
    ['--usage', 'sign'],
  ])
    assert.equal((await commands.run([...other, ...wrong])).code, 2);
  const admin = [...other.slice(0, 5), '--user', 'admin', '--password-file', 'admin.txt'];
  await commands.fails(1, /a crypto user keys: log in as the other/, ...admin);
});

test('keys are listed, and found by label or reference', async () => {
  const all = await commands.aliceJson<{ matched_keys: readonly object[]; total_key_count: number }>(
    'key',
    'list',
  );
  assert.equal(all.total_key_count, 3);
  assert.deepEqual(
    all.matched_keys.find((key) => JSON.stringify(key).includes('"stays"')),
    {
      'key-reference': made.get('stays'),
      attributes: { label: 'stays' },
    },
  );
  const one = await commands.alice(
    'key',
    'list',
    '--filter',
    `key-reference=${made.get('leaves')}`,
    '--verbose',
  );
  assert.match(one, /label +leaves\n[\s\S]*leaves +may\n/);
  assert.match(await commands.alice('key', 'list'), /stays +data +alice +- +never +0/);
  for (const wrong of ['attr.class=secret-key', 'key-reference=0x12', 'stays'])
    assert.equal((await commands.run(['key', 'list', '--filter', wrong, ...ALICE])).code, 2);
  await commands.fails(
    1,
    /no key with label absent/,
    'key',
    'delete',
    '--filter',
    'attr.label=absent',
    ...ALICE,
  );
  await commands.fails(
    1,
    /no key of this handle/,
    'key',
    'list',
    '--filter',
    `key-reference=${made.get('stays')}`,
    ...CAROL,
  );
});

test('encryption inside the HSM', async () => {
  commands.write('plain.txt', 'attack at dawn');
  const key = ['--filter', 'attr.label=stays'];
  const sealed = await commands.run(
    ['crypto', 'encrypt', 'aes-gcm', ...key, '--out', 'sealed.bin', '--aad', 'a', ...ALICE],
    {
      input: 'attack at dawn',
    },
  );
  assert.deepEqual([sealed.code, sealed.stdout], [0, ''], sealed.stderr);
  assert.equal(file('sealed.bin').length, 12 + 14 + 16);
  const open = ['crypto', 'decrypt', 'aes-gcm', ...key, '--in', 'sealed.bin'];
  assert.equal(await opened(...open, '--aad', 'a', ...ALICE), 'attack at dawn');
  commands.write('aad.txt', 'a');
  const facts = await commands.aliceJson<{ bytes: number }>(
    ...open,
    '--aad-file',
    'aad.txt',
    '--out',
    'again.txt',
  );
  assert.deepEqual([facts.bytes, file('again.txt').toString()], [14, 'attack at dawn']);
  await commands.fails(1, /does not decrypt/, ...open, '--aad', 'b', '--out', 'none.txt', ...ALICE);
  await commands.fails(
    1,
    /not for data/,
    'crypto',
    'encrypt',
    'aes-gcm',
    '--in',
    'plain.txt',
    '--out',
    'x',
    '--filter',
    'attr.label=wrapper',
    ...ALICE,
  );
  commands.write('short.bin', 'x');
  await commands.fails(
    2,
    /too short/,
    'crypto',
    'decrypt',
    'aes-gcm',
    ...key,
    '--in',
    'short.bin',
    '--out',
    'x',
    ...ALICE,
  );
  commands.write('large.bin', Buffer.alloc(512 * 1024 + 1));
  await commands.fails(
    2,
    /at most 512 KiB/,
    'crypto',
    'encrypt',
    'aes-gcm',
    ...key,
    '--in',
    'large.bin',
    '--out',
    'x',
    ...ALICE,
  );
  const twice = await commands.run([...open.slice(0, -2), '--user', 'alice', '--password-file', '-'], {
    input: 'x',
  });
  assert.deepEqual([twice.code, /can be one thing/.test(twice.stderr)], [2, true]);
  const both = await commands.run([...open, '--aad', 'a', '--aad-file', 'aad.txt', ...ALICE]);
  assert.deepEqual([both.code, /not both/.test(both.stderr)], [2, true]);
});

test('a sharee uses a key, and does nothing else to it', async () => {
  const key = ['--filter', 'attr.label=stays'];
  await commands.alice('key', 'share', ...key, '--username', 'carol');
  const open = ['crypto', 'decrypt', 'aes-gcm', ...key, '--in', 'sealed.bin', '--aad', 'a', ...CAROL];
  assert.equal(await opened(...open), 'attack at dawn');
  await commands.fails(1, /only the owner/, 'key', 'delete', ...key, ...CAROL);
  assert.match(await commands.alice('key', 'list'), /stays +data +alice +carol/);
  const taken = await commands.alice('key', 'unshare', ...key, '--username', 'carol');
  assert.equal(taken, `carol may no longer use ${made.get('stays')}.\n`);
  assert.equal((await commands.run(open)).code, 1);
});

test('an extractable key leaves, wrapped under an RSA key, with a receipt', async () => {
  await commands.fails(
    2,
    /openssl pkey -pubin -inform DER/,
    'key',
    'import',
    'pem',
    '--label',
    'kms',
    '--path',
    'rsa.der',
    ...ALICE,
  );
  await commands.alice('key', 'import', 'pem', '--label', 'kms', '--path', 'rsa.pem');
  const under = ['--wrapping-filter', 'attr.label=kms'];
  const wrap = ['--payload-filter', 'attr.label=leaves', ...under];
  const data = await commands.aliceJson<Record<string, string>>(
    'key',
    'wrap',
    'rsa-oaep',
    ...wrap,
    '--path',
    'wrapped.bin',
  );
  const wrapped = file('wrapped.bin');
  assert.equal(data.wrapped_key_data, wrapped.toString('base64'));
  assert.equal(privateDecrypt({ key: privateKey, oaepHash: 'sha256' }, wrapped).length, 32);

  const statement = await statementOf('wrapped.bin.receipt');
  assert.equal(statement.wrapped, createHash('sha256').update(wrapped).digest('hex'));
  assert.equal(statement.wrappingKey, createHash('sha256').update(file('rsa.der')).digest('hex'));
  assert.equal(`0x${statement.handle}`, made.get('leaves'));
  assert.deepEqual(
    [statement.type, statement.user, statement.mechanism],
    ['export', 'alice', 'RSAES_OAEP_SHA_256'],
  );

  await commands.fails(
    2,
    /wrapped\.bin is there already/,
    'key',
    'wrap',
    'rsa-aes',
    ...wrap,
    '--path',
    'wrapped.bin',
    ...ALICE,
  );
  assert.deepEqual(file('wrapped.bin'), wrapped);
  const stays = [
    'key',
    'wrap',
    'rsa-oaep',
    '--payload-filter',
    'attr.label=stays',
    ...under,
    '--path',
    'no.bin',
    ...ALICE,
  ];
  await commands.fails(1, /never leaves the HSMs\. What was made without --extractable/, ...stays);
  assert.deepEqual(
    readdirSync(commands.path('.')).filter((name) => name.startsWith('no.bin')),
    [],
  );
  const printed = await commands.alice('key', 'wrap', 'rsa-aes', ...wrap, '--path', 'second.bin');
  assert.match(printed, /lockholm custody receipt add second\.bin\.receipt/);
  assert.match(await commands.alice('key', 'list'), /leaves +data +alice +- +left 2 times/);
});

test('receipts are kept by the HSM, and checked without it', async () => {
  mkdirSync(commands.path('receipts'));
  const all = ['key', 'receipts', '--filter', 'attr.label=leaves'];
  const { receipts } = await commands.aliceJson<{ receipts: readonly { mechanism: string }[] }>(
    ...all,
    '--folder',
    'receipts',
  );
  assert.deepEqual(receipts.map(({ mechanism }) => mechanism).sort(), [
    'RSAES_OAEP_SHA_256',
    'RSA_AES_KEY_WRAP_SHA_256',
  ]);
  assert.equal(readdirSync(commands.path('receipts')).length, 2);
  assert.match(await commands.alice(...all), /alice +RSAES_OAEP_SHA_256/);
  const receipt = file('wrapped.bin.receipt');
  receipt[receipt.indexOf('alice')] = 'A'.charCodeAt(0);
  commands.write('forged.receipt', receipt);
  const forged = await commands.run(['receipt', 'verify', 'forged.receipt']);
  assert.deepEqual([forged.code, /signature does not hold/.test(forged.stderr)], [1, true]);
  const other = makeCustomerCa();
  const anchor = commands.write('other.crt', other.certificate);
  other.remove();
  const foreign = await commands.run(['receipt', 'verify', 'wrapped.bin.receipt', '--trust-anchor', anchor]);
  assert.deepEqual([foreign.code, /not of this trust anchor/.test(foreign.stderr)], [1, true]);
});

test('a key goes out and in again under an AES key', async () => {
  for (const [out, back] of [
    ['aes-kw', 'aes-no-pad'],
    ['aes-zero-pad', 'aes-kwp'],
  ] as const) {
    const under = ['--wrapping-filter', 'attr.label=wrapper', '--path', `${out}.bin`];
    await commands.alice('key', 'wrap', out, '--payload-filter', 'attr.label=leaves', ...under);
    const { key } = await commands.aliceJson<KeyData>(
      'key',
      'unwrap',
      back,
      ...under,
      '--label',
      `back-${out}`,
    );
    assert.deepEqual([key.origin, key.attributes['never-extractable']], ['unwrapped', false]);
  }
  const sealed = ['crypto', 'encrypt', 'aes-gcm', '--in', 'plain.txt', '--out', 'by-copy.bin', '--filter'];
  await commands.alice(...sealed, 'attr.label=leaves');
  const open = ['crypto', 'decrypt', 'aes-gcm', '--in', 'by-copy.bin', '--filter'];
  assert.equal(await opened(...open, 'attr.label=back-aes-kw', ...ALICE), 'attack at dawn');
  commands.write('broken.bin', Buffer.alloc(40));
  await commands.fails(
    1,
    /does not unwrap/,
    'key',
    'unwrap',
    'aes-kw',
    '--wrapping-filter',
    'attr.label=wrapper',
    '--path',
    'broken.bin',
    '--label',
    'x',
    ...ALICE,
  );
  const receipt = await statementOf('aes-kw.bin.receipt');
  assert.deepEqual([receipt.wrappingKey, `0x${receipt.wrappingHandle}`], [undefined, made.get('wrapper')]);
});

test('two keys of one label have to be told apart', async () => {
  await generate('twin');
  await generate('twin');
  await commands.fails(
    1,
    /2 keys have the label twin\. Say which.*key-reference=0x/,
    'key',
    'delete',
    '--filter',
    'attr.label=twin',
    ...ALICE,
  );
});

test('a key is deleted, with a receipt', async () => {
  const data = await commands.aliceJson(
    'key',
    'delete',
    '--filter',
    'attr.label=stays',
    '--receipt',
    'gone.receipt',
  );
  assert.deepEqual(data, { message: 'Key deleted successfully', 'key-reference': made.get('stays') });
  const { type, erased } = await statementOf('gone.receipt');
  assert.deepEqual([type, erased], ['deletion', [hsm.plan.hsmId]]);
  await commands.fails(
    1,
    /no key with label stays/,
    'key',
    'delete',
    '--filter',
    'attr.label=stays',
    ...ALICE,
  );
});

/** What is on standard output, of a process of its own. */
async function opened(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await commands.run(args, { input: '' });
  assert.equal(code, 0, stderr);
  return stdout;
}

interface Shown extends Readonly<Record<string, unknown>> {}
async function statementOf(receipt: string): Promise<Shown> {
  return (await commands.json<{ statement: Shown }>('receipt', 'verify', receipt)).statement;
}
