/** What a kill of the front leaves behind, at each step of connecting and disconnecting. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { connectStore } from '../../src/keystores/cloudhsm/connect.ts';
import { disconnectStore } from '../../src/keystores/cloudhsm/disconnect.ts';
import type { StoreParts } from '../../src/keystores/cloudhsm/stores.ts';
import type { KeyStoreRecord } from '../../src/kms/key-store.ts';
import type { AttemptTimer } from '../../src/kms/timers.ts';
import { PASSWORD, TestKeyStore } from '../support/key-store.ts';

const store = new TestKeyStore();
let id = '';
let keyId = '';
let blob: Uint8Array;
before(async () => {
  await store.start();
  id = await store.create();
  await store.connect(id);
  keyId = await store.createKey(id);
  const request = { KeyId: keyId, Plaintext: Buffer.from('kept') };
  blob = (await store.kms.call('Encrypt', request)).CiphertextBlob;
  await store.disconnect(id);
});
after(() => store.stop());

beforeEach(async () => {
  await store.setPassword(PASSWORD);
  await store.kms.call('UpdateCustomKeyStore', { CustomKeyStoreId: id, KeyStorePassword: PASSWORD });
});

class Killed extends Error {}

async function record(): Promise<KeyStoreRecord> {
  const { account, region } = { account: '111122223333', region: 'eu-central-1' };
  const found = await store.kms.rows.get<KeyStoreRecord>('key-store', `${account}/${region}/${id}`);
  assert.ok(found);
  return found.value;
}

/** The job up to its n-th commit, which is made or not; whether it came as far. */
async function cut(
  job: (timer: AttemptTimer, parts: StoreParts) => Promise<void>,
  at: number,
  made: boolean,
): Promise<boolean> {
  const { account, region, attempt } = await record();
  const { events } = store.kms.stores;
  let commits = 0;
  const parts: StoreParts = {
    ...store.kms.stores,
    erase: async () => undefined,
    events: {
      begin: () => events.begin(),
      async commit(change, event) {
        commits += 1;
        if (commits === at && !made) throw new Killed();
        await events.commit(change, event);
        if (commits === at) throw new Killed();
      },
    },
  };
  try {
    await job({ account, region, storeId: id, attempt }, parts);
    return false;
  } catch (error) {
    assert.ok(error instanceof Killed, String(error));
    return true;
  } finally {
    // What a front has in memory is gone with it.
    store.kms.stores.connections.close({ account, region, id });
  }
}

const decrypts = async () => {
  const { Plaintext } = await store.kms.call('Decrypt', { CiphertextBlob: blob });
  assert.equal(Buffer.from(Plaintext).toString(), 'kept');
};

for (const at of [1, 2]) {
  for (const made of [false, true]) {
    test(`a connect that is cut ${made ? 'after' : 'before'} commit ${at} is finished by the next run`, async () => {
      await store.kms.call('ConnectCustomKeyStore', { CustomKeyStoreId: id });
      assert.ok(await cut(connectStore, at, made));
      await store.settles(id, 'CONNECTED');
      await decrypts();
      assert.equal((await record()).credential.state, 'own');
      assert.equal((await store.kms.rows.scan('store-credential', '', { limit: 9 })).length, 1);
      await store.disconnect(id);
      assert.equal((await record()).credential.state, 'discarded');
    });

    test(`a disconnect after a connect that was cut ${made ? 'after' : 'before'} commit ${at} leaves nothing`, async () => {
      await store.kms.call('ConnectCustomKeyStore', { CustomKeyStoreId: id });
      assert.ok(await cut(connectStore, at, made));
      await store.disconnect(id);
      const { credential } = await record();
      // Cut before anything was stored, nothing happened to the password that the tenant gave.
      const untouched = at === 1 && !made;
      assert.equal(credential.state, untouched ? 'given' : 'discarded');
      const left = await store.kms.rows.scan('store-credential', '', { limit: 9 });
      assert.equal(left.length, untouched ? 1 : 0);
    });
  }
}

test('connects that are cut again and again do not lock the user out', async () => {
  await store.kms.call('ConnectCustomKeyStore', { CustomKeyStoreId: id });
  for (let i = 0; i < 6; i += 1) assert.ok(await cut(connectStore, i === 0 ? 2 : 1, false));
  await store.settles(id, 'CONNECTED');
  await decrypts();
  await store.disconnect(id);
});

test('a disconnect that is cut once it is stored is done', async () => {
  await store.connect(id);
  await store.kms.call('DisconnectCustomKeyStore', { CustomKeyStoreId: id });
  assert.ok(await cut(disconnectStore, 1, true));
  await store.settles(id, 'DISCONNECTED');
  assert.equal((await record()).credential.state, 'discarded');
});

test('a disconnect that is cut with the receipt in hand says that nothing proves it, and keeps no password', async () => {
  await store.connect(id);
  await store.kms.call('DisconnectCustomKeyStore', { CustomKeyStoreId: id });
  assert.ok(await cut(disconnectStore, 1, false));
  await store.settles(id, 'DISCONNECTED');
  assert.equal((await record()).credential.state, 'destroyed');
  assert.deepEqual(await store.kms.rows.scan('store-credential', '', { limit: 1 }), []);
});

test('what is called off does nothing: jobs of earlier calls end', async () => {
  await store.kms.call('ConnectCustomKeyStore', { CustomKeyStoreId: id });
  await store.kms.call('DisconnectCustomKeyStore', { CustomKeyStoreId: id });
  await store.settles(id, 'DISCONNECTED');
  assert.equal((await record()).credential.state, 'given');
  await store.connect(id);
  await decrypts();
  await store.disconnect(id);
});
