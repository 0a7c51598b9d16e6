/** The customer's CA signs more than one certificate: only the cluster's own vouches for its HSMs. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { canonicalJson } from '../../src/core/canonical-json.ts';
import { hsmCertificate, newKey, signingRequest, signWith } from '../../src/hsm/certificates.ts';
import { certificateFingerprint, parseCertificate } from '../../src/hsm/protocol/chain.ts';
import { encodeReceipt, RECEIPT_PREFIX } from '../../src/hsm/protocol/receipts.ts';
import { readStoreReceipt } from '../../src/keystores/cloudhsm/receipt.ts';
import { ADMIN, ALICE } from '../support/hsm-cluster.ts';
import { Impostor } from '../support/impostor.ts';
import { TestKeyStore } from '../support/key-store.ts';

const store = new TestKeyStore();
let id = '';
before(async () => {
  await store.start();
  id = await store.create();
});
after(() => store.stop());

for (const [what, subject] of [
  ['a cluster certificate of somebody else’s key', undefined],
  ['a web server’s certificate', '/CN=www.example.com/O=Example'],
] as const)
  test(`${what} is given no password`, async () => {
    const impostor = await Impostor.start({
      ca: store.cluster.ca,
      clusterId: store.cluster.clusterId,
      ...(subject !== undefined && { subject }),
    });
    const place = { zone: 'eu-central-1a', address: impostor.address, serves: true };
    store.shown = { hsms: [{ id: 'hsm-first234567', ...place }] };
    try {
      const { ConnectionErrorCode } = await store.connect(id, 'FAILED');
      assert.deepEqual([ConnectionErrorCode, impostor.heard], ['INTERNAL_ERROR', 0]);
    } finally {
      impostor.close();
      store.shown = {};
      await store.disconnect(id);
    }
  });

test('a receipt under another certificate of the CA proves nothing', async () => {
  const { clusterCertificate: pem, trustAnchor } = (await store.hsms[0]?.describe()) ?? assert.fail();
  const trusted = {
    clusterId: store.cluster.clusterId,
    clusterCertificate: certificateFingerprint(parseCertificate(pem)),
    trustAnchor,
  };
  const [clusterKey, key] = [newKey(), newKey()];
  const clusterCertificate = store.cluster.ca.sign(signingRequest(clusterKey, trusted.clusterId));
  const place = { clusterId: trusted.clusterId, hsmId: 'hsm-first234567' };
  const statement = canonicalJson({ ...place, time: Date.now(), type: 'password', discarded: true });
  const forged = encodeReceipt({
    statement,
    certificate: hsmCertificate(key, place, 'active', clusterKey, clusterCertificate),
    clusterCertificate,
    signature: signWith(key)(Buffer.from(RECEIPT_PREFIX + statement)),
  });
  assert.throws(() => readStoreReceipt(forged, trusted), { code: 'untrusted' });
  const admin = await store.cluster.login(store.hsms[0] ?? assert.fail(), ADMIN);
  const signed = await admin.call('changePassword', ALICE);
  admin.close();
  assert.equal(readStoreReceipt(signed.receipt, trusted).type, 'password');
  assert.throws(() => readStoreReceipt(signed.receipt, { ...trusted, clusterId: 'cluster-other' }), {
    code: 'untrusted',
  });
});
