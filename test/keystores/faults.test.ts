import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { certificateFingerprint, parseCertificate } from '../../src/hsm/protocol/chain.ts';
import { readStoreReceipt } from '../../src/keystores/cloudhsm/receipt.ts';
import type { DiscardedCredential, KeyStoreRecord } from '../../src/kms/key-store.ts';
import { ADMIN } from '../support/hsm-cluster.ts';
import { PASSWORD, TestKeyStore } from '../support/key-store.ts';

const store = new TestKeyStore();
let id = '';
before(async () => {
  await store.start();
  id = await store.create();
});
after(() => store.stop());

const request = () => ({ CustomKeyStoreId: id });
/** Disconnected, with a password that an administrator has just set. */
beforeEach(async () => {
  const { ConnectionState: state } = await store.show(id);
  if (state === 'CONNECTED' || state === 'FAILED') await store.disconnect(id);
  await store.setPassword(PASSWORD);
  await store.kms.call('UpdateCustomKeyStore', { ...request(), KeyStorePassword: PASSWORD });
});

async function failure(): Promise<string | undefined> {
  return (await store.connect(id, 'FAILED')).ConnectionErrorCode;
}

async function asAdmin(work: (admin: Awaited<ReturnType<typeof store.cluster.login>>) => Promise<unknown>) {
  const [hsm] = store.hsms;
  assert.ok(hsm);
  const admin = await store.cluster.login(hsm, ADMIN);
  await work(admin);
  admin.close();
}

test('a wrong password is told, tried once, and not again by itself', async () => {
  await store.kms.call('UpdateCustomKeyStore', { ...request(), KeyStorePassword: 'not-the-password' });
  assert.equal(await failure(), 'INVALID_CREDENTIALS');
  const failures = async () => {
    let sum = 0;
    for (const hsm of store.hsms) {
      const admin = await store.cluster.login(hsm, ADMIN);
      const { users } = await admin.call('listUsers', {});
      sum += users.find(({ user }) => user === 'kmsuser')?.failures ?? 0;
      admin.close();
    }
    return sum;
  };
  assert.equal(await failures(), 1);
  store.kms.clock.time += 60_000;
  await store.kms.runJobs();
  assert.equal(await failures(), 1);
  // What the tenant gave stays the tenant's: nothing in the HSMs is changed by this disconnect.
  await store.disconnect(id);
  await store.kms.call('UpdateCustomKeyStore', { ...request(), KeyStorePassword: PASSWORD });
  await store.connect(id);
});

test('a user that is locked out, logged in elsewhere, or no crypto user is told apart', async () => {
  const [hsm] = store.hsms;
  assert.ok(hsm);
  const tenant = await store.cluster.login(hsm, { user: 'kmsuser', password: PASSWORD });
  assert.equal(await failure(), 'USER_LOGGED_IN');
  tenant.close();
  await store.disconnect(id);

  for (let i = 0; i < 5; i += 1)
    await store.cluster.login(hsm, { user: 'kmsuser', password: 'wrong-password' }).catch(() => undefined);
  assert.equal(await failure(), 'USER_LOCKED_OUT');
  await store.disconnect(id);

  await asAdmin((admin) => admin.call('deleteUser', { user: 'kmsuser' }));
  assert.equal(await failure(), 'USER_NOT_FOUND');
  await store.disconnect(id);
  await asAdmin((admin) => admin.call('createUser', { user: 'kmsuser', role: 0, password: PASSWORD }));
  assert.equal(await failure(), 'USER_NOT_FOUND');
  await store.disconnect(id);
  await asAdmin((admin) => admin.call('deleteUser', { user: 'kmsuser' }));
  await store.setPassword(PASSWORD, 'createUser');
});

test('a cluster that is gone, and a program at its address that is no HSM, are told apart', async () => {
  const { hsms } = store;
  store.shown = undefined;
  const gone = await store.kms.error('ConnectCustomKeyStore', request());
  assert.equal(gone.code, 'CloudHsmClusterNotActiveException');
  store.shown = {};
  await store.kms.call('ConnectCustomKeyStore', request());
  store.shown = undefined;
  assert.equal((await store.settles(id, 'FAILED')).ConnectionErrorCode, 'CLUSTER_NOT_FOUND');
  store.shown = {};
  await store.disconnect(id);
  // Another program than an HSM of this cluster at its address.
  let bytes = 0;
  const impostor = createServer((socket) => {
    socket.on('data', (data) => {
      bytes += data.length;
      socket.destroy();
    });
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(impostor, 'listening');
  const { port } = impostor.address() as AddressInfo;
  store.shown = {
    hsms: hsms.map(({ plan }, i) => ({
      id: plan.hsmId,
      zone: String(i),
      address: { host: '127.0.0.1', port },
      serves: true,
    })),
  };
  assert.equal(await failure().finally(() => impostor.close()), 'NETWORK_ERRORS');
  assert.ok(bytes > 0);
  store.shown = {};
  await store.settles(id, 'CONNECTED');
});

test('locked HSMs make it fail, and it connects by itself when the tenant unlocks one', async () => {
  for (const hsm of store.hsms) {
    await hsm.kill();
    await hsm.start();
  }
  assert.equal(await failure(), 'INSUFFICIENT_CLOUDHSM_HSMS');
  const [first, second] = store.hsms;
  assert.ok(first && second);
  await store.cluster.unlock(first);
  await store.settles(id, 'CONNECTED');
  // The stored password opens no HSM that is locked.
  assert.equal((await second.describe()).state, 'locked');
  await store.cluster.unlock(second);
  await store.cluster.pair(first, second);
  await store.cluster.live(first, second.plan.hsmId);
});

test('a connected store whose HSMs stop is ciphertext to everybody until they are unlocked', async () => {
  const { kms } = store;
  await store.connect(id);
  const KeyId = await store.createKey(id);
  const { CiphertextBlob } = await kms.call('Encrypt', { KeyId, Plaintext: Buffer.from('x') });
  const [first, second] = store.hsms;
  assert.ok(first && second);
  for (const hsm of [first, second]) {
    await hsm.kill();
    await hsm.start();
  }
  const { code, message } = await kms.error('Decrypt', { CiphertextBlob });
  assert.equal(code, 'KMSInvalidStateException');
  assert.match(message, /the HSM is locked/);
  assert.equal((await store.show(id)).ConnectionState, 'CONNECTED');
  await store.cluster.unlock(first);
  assert.equal(Buffer.from((await kms.call('Decrypt', { CiphertextBlob })).Plaintext).toString(), 'x');
  const needsBoth = await kms.error('CreateKey', { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: id });
  assert.equal(needsBoth.code, 'CloudHsmClusterInvalidConfigurationException');
  await store.cluster.unlock(second);
  await store.cluster.pair(first, second);
  await store.cluster.live(first, second.plan.hsmId);
  await store.createKey(id);
});

test('a disconnect waits for an HSM, and nothing is used meanwhile', async () => {
  const { kms } = store;
  await store.connect(id);
  const KeyId = await store.createKey(id);
  for (const hsm of store.hsms) {
    await hsm.kill();
    await hsm.start();
  }
  await kms.call('DisconnectCustomKeyStore', request());
  await kms.runJobs();
  kms.clock.time += 10_000;
  await kms.runJobs();
  assert.equal((await store.show(id)).ConnectionState, 'DISCONNECTING');
  const { code } = await kms.error('Encrypt', { KeyId, Plaintext: Buffer.from('x') });
  assert.equal(code, 'KMSInvalidStateException');
  const [first, second] = store.hsms;
  assert.ok(first && second);
  await store.cluster.unlock(first);
  await store.settles(id, 'DISCONNECTING');
  await store.cluster.unlock(second);
  await store.settles(id, 'DISCONNECTED');
  await store.cluster.pair(first, second);
  await store.cluster.live(first, second.plan.hsmId);
});

test('a member that did not hear of a disconnect is asked itself before the password is dropped', async () => {
  const { kms } = store;
  await store.connect(id);
  const [first, second] = store.hsms;
  assert.ok(first && second);
  await second.kill();
  await second.start();
  const credential = async () => {
    const row = await kms.rows.get<KeyStoreRecord>('key-store', `111122223333/eu-central-1/${id}`);
    return row?.value.credential as DiscardedCredential;
  };
  await kms.call('DisconnectCustomKeyStore', request());
  for (let i = 0; i < 3; i += 1) {
    await kms.runJobs();
    kms.clock.time += 5_000;
  }
  const waiting = await credential();
  assert.deepEqual([waiting.state, waiting.notReached], ['unheard', [second.plan.hsmId]]);
  assert.equal((await store.show(id)).ConnectionState, 'DISCONNECTING');
  assert.equal((await kms.rows.scan('store-credential', '', { limit: 2 })).length, 1);

  // It serves again, and nobody told it: it takes the password of the store still.
  await store.cluster.unlock(second);
  await store.cluster.reaches(second, 'active');
  await store.settles(id, 'DISCONNECTED');
  const settled = await credential();
  assert.deepEqual([settled.state, settled.notReached, settled.later?.length], ['discarded', [], 1]);
  assert.equal(settled.receipt, waiting.receipt);
  const { clusterCertificate, trustAnchor } = await first.describe();
  const later = readStoreReceipt(Buffer.from(settled.later?.[0] ?? '', 'base64'), {
    clusterId: store.cluster.clusterId,
    clusterCertificate: certificateFingerprint(parseCertificate(clusterCertificate)),
    trustAnchor,
  });
  assert.deepEqual([later.type, later.hsmId], ['password', second.plan.hsmId]);
  assert.deepEqual(await kms.rows.scan('store-credential', '', { limit: 1 }), []);
  await store.cluster.pair(first, second);
  await store.cluster.live(first, second.plan.hsmId);
});

test('a member that is gone is not waited for', async () => {
  const [first, second] = store.hsms;
  assert.ok(first && second);
  await store.connect(id);
  await second.kill();
  await second.start();
  await store.kms.call('DisconnectCustomKeyStore', request());
  await store.settles(id, 'DISCONNECTING');
  const place = { zone: 'a', address: first.address, serves: true };
  store.shown = { hsms: [{ id: first.plan.hsmId, ...place }] };
  await store.settles(id, 'DISCONNECTED');
  store.shown = {};
  await store.cluster.unlock(second);
  await store.cluster.pair(first, second);
  await store.cluster.live(first, second.plan.hsmId);
});

test('a password that an administrator changes while the store is connected cuts it off', async () => {
  const { kms } = store;
  await store.connect(id);
  const KeyId = await store.createKey(id);
  await store.setPassword('changed-by-admin');
  const { code, message } = await kms.error('Encrypt', { KeyId, Plaintext: Buffer.from('x') });
  assert.equal(code, 'KMSInvalidStateException');
  assert.match(message, /password is wrong|log in first/);
  await store.disconnect(id);
  const stored = await kms.rows.get<{ credential: object }>('key-store', `111122223333/eu-central-1/${id}`);
  assert.ok(stored && 'state' in stored.value.credential);
  assert.equal(stored.value.credential.state, 'destroyed');
});
