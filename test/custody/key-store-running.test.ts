/**
 * Worked cases of a custom key store out of a running system. Its HSMs have the server's user, so the service account
 * reads their memory, which the worked cases with users of their own do not have: docs/decisions/custody-truths.md.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  ConnectCustomKeyStoreCommand,
  CreateCustomKeyStoreCommand,
  CreateKeyCommand,
  DescribeCustomKeyStoresCommand,
  DisconnectCustomKeyStoreCommand,
} from '@aws-sdk/client-kms';
import { HsmUser, until } from '../support/cloudhsm.ts';
import { type RunningServer, startRunning } from './running.ts';

let server: RunningServer;
let user: HsmUser;
let arn = '';
let CustomKeyStoreId: string | undefined;
before(async () => {
  server = await startRunning();
  user = new HsmUser(server);
});
after(async () => {
  user.close();
  await server.stop();
});

const actors = ['staff', 'service-account', 'operator-as-one', 'thief-of-disk', 'thief-of-backup'];
const reaches = (state: string) =>
  until(state, async () => {
    const shown = await server.kms.send(new DescribeCustomKeyStoresCommand({ CustomKeyStoreId }));
    return shown.CustomKeyStores?.[0]?.ConnectionState === state ? true : undefined;
  });
const state = async () => (await server.report(arn)).subjects[0]?.state;

test('case 4, connected: the operator uses the key alone', async () => {
  const { id, hsm } = await user.active();
  await user.join(id, hsm);
  const admin = await user.login(id, hsm);
  await admin.call('createUser', { user: 'kmsuser', role: 1, password: 'kmsuser-password' });
  admin.close();
  const made = await server.kms.send(
    new CreateCustomKeyStoreCommand({
      CustomKeyStoreName: 'cases',
      CloudHsmClusterId: id,
      TrustAnchorCertificate: user.ca.certificate,
      KeyStorePassword: 'kmsuser-password',
    }),
  );
  CustomKeyStoreId = made.CustomKeyStoreId;
  await server.kms.send(new ConnectCustomKeyStoreCommand({ CustomKeyStoreId }));
  await reaches('CONNECTED');
  const key = await server.kms.send(new CreateKeyCommand({ Origin: 'AWS_CLOUDHSM', CustomKeyStoreId }));
  arn = key.KeyMetadata?.Arn ?? '';
  assert.deepEqual(
    await server.cells(arn, actors),
    // A thief of the disk calls with somebody on the machine, or opens the store with the tenant; there is no backup.
    ['O. / 2 of 3', 'alone / alone', 'alone / alone', 'T / X or T', 'O. / O or X or T.'],
  );
  const [subject] = (await server.report(arn)).subjects;
  assert.deepEqual([subject?.arrangements, subject?.state], [['custom key store'], 'Enabled']);
  assert.match(JSON.stringify(subject?.cost), /"2 HSMs, 8760 hours each"/);
});

test('case 5, disconnected: staff and thieves need the tenant', async () => {
  await server.kms.send(new DisconnectCustomKeyStoreCommand({ CustomKeyStoreId }));
  await reaches('DISCONNECTED');
  assert.equal(await state(), 'Unavailable');
  assert.deepEqual(await server.cells(arn, actors), [
    'O. / O or T.',
    'alone / alone',
    'alone / alone',
    'T / T',
    'O. / O or T.',
  ]);
});
