/** Receipts of keys that left HSMs: taken in when an HSM of a cluster of this server signed them, and only then. */
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ClusterRecord, clusterRow } from '../../src/cloudhsm/cluster.ts';
import { Clusters } from '../../src/cloudhsm/clusters.ts';
import { canonicalJson } from '../../src/core/canonical-json.ts';
import { must, parseAccountId } from '../../src/core/ids.ts';
import { hsmCertificate, newKey, signingRequest, signWith } from '../../src/hsm/certificates.ts';
import { decodeReceipt, encodeReceipt, RECEIPT_PREFIX } from '../../src/hsm/protocol/receipts.ts';
import { keyUsages, wrapMechanisms } from '../../src/hsm/protocol/values.ts';
import { findExportReceipt } from '../../src/kms/export-receipts.ts';
import { type AddedReceipt, addExportReceipt } from '../../src/operator/operations/add-export-receipt.ts';
import { lockholm } from '../support/command-line.ts';
import { TestCluster } from '../support/hsm-cluster.ts';
import { region, startOperator, type TestOperator } from '../support/operator.ts';

const owner = must(parseAccountId('111122223333'), 'account');
const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const spki = publicKey.export({ type: 'spki', format: 'der' });
const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

const cluster = new TestCluster();
const folder = mkdtempSync(join(tmpdir(), 'lockholm-receipt-'));
let operator: TestOperator;
let made: Awaited<ReturnType<typeof makeReceipts>>;
before(async () => {
  operator = await startOperator({
    more: ({ rows }) => [addExportReceipt({ rows, clusters: new Clusters(rows) })],
  });
  made = await makeReceipts();
  const initialization = {
    clusterCertificate: decodeReceipt(made.wrapped).clusterCertificate,
    trustAnchor: cluster.ca.certificate,
  };
  await putCluster({ ...record(cluster.clusterId), initialization });
});
after(async () => {
  await operator.stop();
  await cluster.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Of real HSMs: by RSA, by AES, of a key that was brought in, of a deletion. */
async function makeReceipts() {
  const alice = await cluster.login(await cluster.active());
  const [data, wrap] = [keyUsages.indexOf('data'), keyUsages.indexOf('wrap')];
  const key = { label: 'k', usage: data, extractable: true };
  const { handle } = (await alice.call('generateKey', key)).key;
  const aes = (await alice.call('generateKey', { ...key, usage: wrap })).key.handle;
  const rsa = (await alice.call('importPublicKey', { label: 'kms', publicKey: spki })).key.handle;
  const wrapped = async (from: string, under: string, by: (typeof wrapMechanisms)[number]) => {
    const mechanism = wrapMechanisms.indexOf(by);
    const reply = await alice.call('wrapKey', { handle: from, wrappingHandle: under, mechanism });
    return { bytes: Buffer.from(reply.wrapped), receipt: Buffer.from(reply.receipt) };
  };
  const out = await wrapped(handle, rsa, 'RSAES_OAEP_SHA_256');
  const byAes = await wrapped(handle, aes, 'AES_KW');
  const mechanism = wrapMechanisms.indexOf('AES_KW');
  const unwrap = { wrapped: byAes.bytes, wrappingHandle: aes, mechanism, ...key };
  const back = (await alice.call('unwrapKey', unwrap)).key.handle;
  const again = await wrapped(back, rsa, 'RSAES_OAEP_SHA_256');
  const deletion = Buffer.from((await alice.call('deleteKey', { handle: back })).receipt);
  return {
    bytes: out.bytes,
    wrapped: out.receipt,
    byAes: byAes.receipt,
    broughtIn: again.receipt,
    deletion,
  };
}

const record = (id: string): ClusterRecord => ({
  account: owner,
  region,
  id,
  state: 'DELETED',
  created: 0,
  hsmType: 'hsm2m.medium',
  mode: 'NON_FIPS',
  start: 'attended',
  subnets: {},
  retentionDays: 90,
  family: id,
  tags: [],
  hsms: [],
});
const putCluster = (value: ClusterRecord) =>
  operator.rows.commit({ put: [{ ...clusterRow(value, value.id), version: 1, value }] });

const add = (receipt: Uint8Array, AccountId?: string) =>
  operator.call<AddedReceipt>('AddExportReceipt', {
    Receipt: Buffer.from(receipt).toString('base64'),
    ...(AccountId !== undefined && { AccountId }),
  });
const found = () => findExportReceipt(operator.rows, owner, sha256(made.bytes), sha256(spki));

test('what is not signed by an HSM of a cluster here is refused', async () => {
  const altered = Buffer.from(made.wrapped);
  altered[altered.indexOf('alice')] = 'A'.charCodeAt(0);
  await assert.rejects(add(altered), { message: /signature does not hold/ });
  await assert.rejects(add(Buffer.from('no receipt')), { message: /this is no receipt/ });
  await assert.rejects(add(made.wrapped.subarray(0, -1)), { message: /this is no receipt/ });
  const elsewhere = encodeReceipt({ ...decodeReceipt(made.wrapped), statement: '{"clusterId":"cluster-x"}' });
  await assert.rejects(add(elsewhere), { message: /cluster that this server does not have/ });
  const noJson = encodeReceipt({ ...decodeReceipt(made.wrapped), statement: 'null' });
  await assert.rejects(add(noJson), { message: /cluster that this server does not have/ });
  await assert.rejects(add(Buffer.alloc(65 * 1024)), { message: /65536/ });
  assert.equal(await found(), undefined);
});

test('a CA does not stand for HSMs: a cluster key of somebody’s own is found out', async () => {
  const { statement } = decodeReceipt(made.wrapped);
  const place = JSON.parse(statement) as { clusterId: string; hsmId: string };
  const [clusterKey, key] = [newKey(), newKey()];
  const clusterCertificate = cluster.ca.sign(signingRequest(clusterKey, place.clusterId));
  const forged = canonicalJson({ ...JSON.parse(statement), wrapped: sha256(Buffer.from('chosen')) });
  const receipt = encodeReceipt({
    statement: forged,
    certificate: hsmCertificate(key, place, 'active', clusterKey, clusterCertificate),
    clusterCertificate,
    signature: signWith(key)(Buffer.from(RECEIPT_PREFIX + forged)),
  });
  await assert.rejects(add(receipt), { message: /another certificate than that of the cluster/ });
});

test('a receipt says nothing that the HSM does not know', async () => {
  await assert.rejects(add(made.broughtIn), { message: /was unwrapped: it was elsewhere before/ });
  await assert.rejects(add(made.byAes), { message: /nothing can be imported that way/ });
  await assert.rejects(add(made.deletion), { message: /another kind \(deletion\)/ });
  await assert.rejects(add(made.wrapped, '999900000000'), { message: /no account 999900000000/ });
  await putCluster(record('cluster-uninitialized'));
  const early = encodeReceipt({
    ...decodeReceipt(made.wrapped),
    statement: '{"clusterId":"cluster-uninitialized"}',
  });
  await assert.rejects(add(early), { message: /never initialized/ });
  assert.equal(await found(), undefined);
});

test('a receipt is put on record by command, once, also of a cluster that is deleted', async () => {
  const file = join(folder, 'k.receipt');
  writeFileSync(file, made.wrapped);
  const run = (...args: readonly string[]) =>
    lockholm(['custody', 'receipt', 'add', ...args], { env: { LOCKHOLM_DATA: operator.data } });
  const { code, stdout, stderr } = await run(file, '--json');
  assert.equal(code, 0, stderr);
  const added = JSON.parse(stdout) as AddedReceipt;
  assert.deepEqual(
    [added.AccountId, added.ClusterId, added.User, added.Wrapped, added.WrappingKey],
    [owner, cluster.clusterId, 'alice', sha256(made.bytes), sha256(spki)],
  );
  const held = await found();
  assert.deepEqual(held?.holders, [{ place: `hsm:${cluster.clusterId}`, under: 'hsm-key' }]);
  assert.equal(held?.from.lineage, added.Lineage);
  const again = await run(file);
  assert.deepEqual(
    [again.code, /on record +for imports of account 111122223333/.test(again.stdout)],
    [0, true],
  );
  assert.deepEqual(await found(), held);
  const missing = await run(join(folder, 'none'));
  assert.deepEqual([missing.code, /cannot be read \(ENOENT\)/.test(missing.stderr)], [2, true]);
  const events = (await operator.journalled()).filter((event) => event.includes('AddExportReceipt'));
  assert.ok(events.some((event) => event.includes(added.Lineage)));
});
