import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { credentialBinding, type KeyStoreRecord } from '../../src/kms/key-store.ts';
import { bindingOf, type TokenRow, tokenTables } from '../../src/operator/domain/token-rows.ts';
import { makeCustomerCa } from '../support/customer-ca.ts';
import { TestKeyStore } from '../support/key-store.ts';
import { OTHER_ACCOUNT } from '../support/kms.ts';

const store = new TestKeyStore();
before(() => store.start());
after(() => store.stop());

const create = (more: object) => store.kms.error('CreateCustomKeyStore', { ...store.request, ...more });
const codeOf = async (more: object) => (await create(more)).code;
/** With a cluster that is shown otherwise than it is. */
async function shown<T>(change: typeof store.shown, work: () => Promise<T>): Promise<T> {
  store.shown = change;
  try {
    return await work();
  } finally {
    store.shown = {};
  }
}

test('what is missing, of the other kind or out of bounds is refused', async () => {
  for (const member of ['CloudHsmClusterId', 'TrustAnchorCertificate', 'KeyStorePassword']) {
    const { code, message } = await create({ [member]: undefined });
    assert.equal(code, 'ValidationException');
    assert.match(message, new RegExp(member));
  }
  assert.equal(await codeOf({ KeyStorePassword: 'short' }), 'ValidationException');
  const odd = await create({ KeyStorePassword: 'pässword' });
  assert.equal(odd.code, 'ValidationException');
  assert.ok(!odd.message.includes('pässword'));
  assert.equal(await codeOf({ CloudHsmClusterId: 'cluster-1' }), 'ValidationException');
  assert.equal(await codeOf({ XksProxyConnectivity: 'PUBLIC_ENDPOINT' }), 'ValidationException');
  assert.equal(await codeOf({ CustomKeyStoreType: 'EXTERNAL_KEY_STORE' }), 'UnsupportedOperationException');
});

test('the cluster must be there, active and of two zones, with the trust anchor that it was initialized with', async () => {
  assert.equal(
    await codeOf({ CloudHsmClusterId: 'cluster-abcdefghijz' }),
    'CloudHsmClusterNotFoundException',
  );
  for (const state of ['UNINITIALIZED', 'INITIALIZED', 'DEGRADED', 'DELETE_IN_PROGRESS'])
    assert.equal(await shown({ state }, () => codeOf({})), 'CloudHsmClusterNotActiveException', state);
  const member = { id: 'hsm-first234567', address: { host: '127.0.0.1', port: 1 }, serves: true };
  const twice = [
    { ...member, zone: 'a' },
    { ...member, zone: 'a' },
  ];
  for (const hsms of [
    [],
    twice,
    [
      { ...member, zone: 'a' },
      { ...member, zone: 'b', serves: false },
    ],
  ])
    assert.equal(await shown({ hsms }, () => codeOf({})), 'CloudHsmClusterInvalidConfigurationException');
  assert.equal(await codeOf({ TrustAnchorCertificate: 'no certificate' }), 'IncorrectTrustAnchorException');
});

test('a trust anchor of somebody else is not the right one', async () => {
  const ca = makeCustomerCa();
  try {
    assert.equal(await codeOf({ TrustAnchorCertificate: ca.certificate }), 'IncorrectTrustAnchorException');
  } finally {
    ca.remove();
  }
});

let id = '';
test('the same request again is answered with the same store, another one is not', async () => {
  id = await store.create();
  assert.equal(await store.create(), id);
  assert.equal(await codeOf({ KeyStorePassword: 'another-password' }), 'CustomKeyStoreNameInUseException');
  assert.equal(await codeOf({ CustomKeyStoreName: 'other' }), 'CloudHsmClusterInUseException');
});

test('a rotation of the domain key knows what the stored password is bound to', async () => {
  const { rows } = store.kms;
  const [row] = await rows.scan<TokenRow>('store-credential', '', { limit: 1 });
  const [found] = await rows.scan<KeyStoreRecord>('key-store', '', { limit: 1 });
  assert.ok(row && found);
  assert.ok(tokenTables.includes('store-credential'));
  assert.deepEqual(await bindingOf['store-credential'](row, rows), credentialBinding(found.value));
});

test('a store is found by id or by name, in its account and Region', async () => {
  const { kms } = store;
  const describe = (input: object, options?: object) => kms.call('DescribeCustomKeyStores', input, options);
  for (const input of [{}, { CustomKeyStoreId: id }, { CustomKeyStoreName: 'store' }]) {
    const { CustomKeyStores, Truncated } = await describe(input);
    assert.deepEqual(
      CustomKeyStores.map((each: { CustomKeyStoreId: string }) => each.CustomKeyStoreId),
      [id],
    );
    assert.equal(Truncated, false);
  }
  assert.ok(!JSON.stringify(await describe({})).includes('assword'));
  assert.deepEqual((await describe({}, { account: OTHER_ACCOUNT })).CustomKeyStores, []);
  assert.deepEqual((await describe({}, { region: 'us-east-1' })).CustomKeyStores, []);
  const error = async (input: object) => (await kms.error('DescribeCustomKeyStores', input)).code;
  assert.equal(await error({ CustomKeyStoreId: 'cks-none' }), 'CustomKeyStoreNotFoundException');
  assert.equal(await error({ CustomKeyStoreName: 'none' }), 'CustomKeyStoreNotFoundException');
  assert.equal(await error({ CustomKeyStoreId: id, CustomKeyStoreName: 'store' }), 'ValidationException');
  assert.equal(await error({ Marker: 'made up' }), 'InvalidMarkerException');
  const elsewhere = await kms.error(
    'ConnectCustomKeyStore',
    { CustomKeyStoreId: id },
    { account: OTHER_ACCOUNT },
  );
  assert.equal(elsewhere.code, 'CustomKeyStoreNotFoundException');
});

test('each state allows what AWS says', async () => {
  const { kms } = store;
  const outcome = async (operation: string, more: object = {}): Promise<string> => {
    try {
      await kms.call(operation, { CustomKeyStoreId: id, ...more });
      return 'done';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const INVALID = 'CustomKeyStoreInvalidStateException';
  const rename = { NewCustomKeyStoreName: 'store' };
  assert.equal(await outcome('DisconnectCustomKeyStore'), INVALID);
  assert.equal(await outcome('ConnectCustomKeyStore'), 'done');
  // Now CONNECTING.
  assert.equal(await outcome('ConnectCustomKeyStore'), 'done');
  for (const operation of ['UpdateCustomKeyStore', 'DeleteCustomKeyStore'])
    assert.equal(await outcome(operation, operation.startsWith('U') ? rename : {}), INVALID);
  await store.settles(id, 'CONNECTED');
  assert.equal(await outcome('ConnectCustomKeyStore'), 'done');
  assert.equal((await store.show(id)).ConnectionState, 'CONNECTED');
  for (const operation of ['UpdateCustomKeyStore', 'DeleteCustomKeyStore'])
    assert.equal(await outcome(operation, operation.startsWith('U') ? rename : {}), INVALID);
  assert.equal(await outcome('DisconnectCustomKeyStore'), 'done');
  // Now DISCONNECTING.
  for (const operation of ['ConnectCustomKeyStore', 'DisconnectCustomKeyStore', 'DeleteCustomKeyStore'])
    assert.equal(await outcome(operation), INVALID);
  await store.settles(id, 'DISCONNECTED');
  await store.connect(id, 'FAILED');
  for (const operation of ['ConnectCustomKeyStore', 'DeleteCustomKeyStore'])
    assert.equal(await outcome(operation), INVALID);
  assert.equal(await outcome('DisconnectCustomKeyStore'), 'done');
  await store.settles(id, 'DISCONNECTED');
});

test('an update changes name, password and related cluster, and nothing to what does not fit', async () => {
  const { kms } = store;
  const update = { CustomKeyStoreId: id };
  const error = async (more: object) =>
    (await kms.error('UpdateCustomKeyStore', { ...update, ...more })).code;
  assert.equal(await error({}), 'ValidationException');
  assert.equal(await error({ XksProxyUriPath: '/kms/xks/v1' }), 'ValidationException');
  assert.equal(await error({ CloudHsmClusterId: 'cluster-abcdefghijz' }), 'CloudHsmClusterNotFoundException');
  const unrelated = { clusterCertificateFingerprint: '0'.repeat(64) };
  const same = { CloudHsmClusterId: store.cluster.clusterId };
  assert.equal(await shown(unrelated, () => error(same)), 'CloudHsmClusterNotRelatedException');
  assert.equal(await shown({ state: 'INITIALIZED' }, () => error(same)), 'CloudHsmClusterNotActiveException');
  await kms.call('UpdateCustomKeyStore', { ...update, ...same, NewCustomKeyStoreName: 'renamed' });
  const { CustomKeyStores } = await kms.call('DescribeCustomKeyStores', { CustomKeyStoreName: 'renamed' });
  assert.equal(CustomKeyStores[0].CustomKeyStoreId, id);
  // With another cluster a second store of the same name.
  const second = { clusterCertificateFingerprint: '1'.repeat(64) };
  const name = { CustomKeyStoreName: 'renamed' };
  assert.equal(await shown(second, () => codeOf(name)), 'CustomKeyStoreNameInUseException');
});

test('ten stores are the most, and a listing of them goes in pages', async () => {
  const { kms } = store;
  const ids = [id];
  for (let i = 1; i < 10; i += 1) {
    const change = { clusterCertificateFingerprint: String(i).repeat(64) };
    const request = { ...store.request, CustomKeyStoreName: `store ${i}` };
    const made = await shown(change, () => kms.call('CreateCustomKeyStore', request));
    ids.push(made.CustomKeyStoreId);
  }
  const change = { clusterCertificateFingerprint: 'a'.repeat(64) };
  assert.equal(
    await shown(change, () => codeOf({ CustomKeyStoreName: 'eleventh' })),
    'LimitExceededException',
  );
  const seen: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await kms.call('DescribeCustomKeyStores', { Limit: 3, ...(Marker && { Marker }) });
    assert.ok(page.CustomKeyStores.length <= 3);
    seen.push(...page.CustomKeyStores.map((each: { CustomKeyStoreId: string }) => each.CustomKeyStoreId));
    Marker = page.NextMarker;
    assert.equal(page.Truncated, Marker !== undefined);
  } while (Marker !== undefined);
  assert.deepEqual(seen, [...ids].sort());
  await kms.call('DeleteCustomKeyStore', { CustomKeyStoreId: ids[4] });
  assert.equal((await kms.call('DescribeCustomKeyStores')).CustomKeyStores.length, 9);
  assert.equal(
    (await store.kms.rows.scan('store-credential', `111122223333/eu-central-1/${ids[4]}`, { limit: 1 }))
      .length,
    0,
  );
});

test('two that would take the last place, or the same name, at one time: one does', async () => {
  const { kms } = store;
  const change = { clusterCertificateFingerprint: 'b'.repeat(64) };
  const outcomes = await shown(change, () =>
    Promise.all(
      ['one', 'two', 'three'].map((name) =>
        kms.call('CreateCustomKeyStore', { ...store.request, CustomKeyStoreName: name }).then(
          () => 'made',
          (error) => error.code,
        ),
      ),
    ),
  );
  assert.equal(outcomes.filter((each) => each === 'made').length, 1);
});

test('a store cannot be connected to a cluster that is gone or not active', async () => {
  const connect = async () => (await store.kms.error('ConnectCustomKeyStore', { CustomKeyStoreId: id })).code;
  assert.equal(await shown(undefined, connect), 'CloudHsmClusterNotActiveException');
  assert.equal(await shown({ state: 'INITIALIZED' }, connect), 'CloudHsmClusterNotActiveException');
  assert.equal(await shown({ hsms: [] }, connect), 'CloudHsmClusterInvalidConfigurationException');
});

test('the journal says what CloudTrail says, and never the password', async () => {
  const events = await store.kms.events();
  const named = (name: string) => events.filter(({ envelope }) => envelope.name === name);
  const [created] = named('CreateCustomKeyStore').filter(({ envelope }) => envelope.errorCode === undefined);
  assert.deepEqual(created?.body.requestParameters, {
    cloudHsmClusterId: store.cluster.clusterId,
    customKeyStoreName: 'store',
  });
  assert.deepEqual(created?.body.responseElements, { customKeyStoreId: id });
  const [connected] = named('ConnectCustomKeyStore').filter(
    ({ envelope }) => envelope.errorCode === undefined,
  );
  assert.deepEqual(connected?.body.requestParameters, { customKeyStoreId: id });
  const facts = { clusterId: store.cluster.clusterId, customKeyStoreName: 'store' };
  assert.deepEqual(connected?.body.additionalEventData, facts);
  assert.equal(named('CustomKeyStoreConnected').length, 1);
  const discarded = named('CustomKeyStoreDisconnected').map(
    ({ body }) => body.additionalEventData.credential,
  );
  assert.deepEqual(discarded, ['discarded', 'discarded']);
  assert.ok(!JSON.stringify(events).includes(store.request.KeyStorePassword));
});
