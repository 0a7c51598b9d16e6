/** A custom key store of a running server, with boto3 and the AWS SDK for JavaScript, across kills of its processes. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import {
  ConnectCustomKeyStoreCommand,
  CreateKeyCommand,
  type CustomKeyStoresListEntry,
  DecryptCommand,
  DescribeCustomKeyStoresCommand,
  DescribeKeyCommand,
  DisconnectCustomKeyStoreCommand,
  EncryptCommand,
  type KMSClient,
  KMSInvalidStateException,
  UpdateCustomKeyStoreCommand,
} from '@aws-sdk/client-kms';
import { cloudHsmClient, HsmUser, until } from '../support/cloudhsm.ts';
import { killProcesses, processesOf } from '../support/processes.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { kmsClient } from './environment.ts';
import { runPythonSuite } from './python-suite.ts';

const FRONT = 'src/server/front';
const given = (n: number): string => `kmsuser-password-${n}`;

let folder = '';
let server: TestServer;
let user: HsmUser;
let kms: KMSClient;
let cluster = '';
let hsms: readonly string[] = [];
let store = '';

/** The port of the first front, which later ones are to have too. */
let listen = '127.0.0.1:0';

const start = async () => {
  server = await startServer({ data: join(folder, 'data'), listen });
  kms = kmsClient(server);
};
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockholm-key-store-'));
  await start();
  listen = new URL(server.endpoint).host;
  await server.stop();
  kms.destroy();
  await start();
  user = new HsmUser(server);
  const made = await user.active();
  cluster = made.id;
  hsms = [made.hsm, await user.join(cluster, made.hsm)];
  const admin = await user.login(cluster, made.hsm);
  await admin.call('createUser', { user: 'kmsuser', role: 1, password: given(0) });
});
after(async () => {
  user.close();
  kms.destroy();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function setPassword(password: string): Promise<void> {
  const admin = await user.login(cluster, hsms[0] ?? '');
  await admin.call('changePassword', { user: 'kmsuser', password });
  admin.close();
}
const show = async (): Promise<CustomKeyStoresListEntry> => {
  const command = new DescribeCustomKeyStoresCommand({ CustomKeyStoreId: store });
  return (await kms.send(command)).CustomKeyStores?.[0] ?? {};
};
async function reaches(state: string): Promise<CustomKeyStoresListEntry> {
  let last: CustomKeyStoresListEntry | undefined;
  return until(state, async () => {
    last = await show().catch(() => undefined);
    return last?.ConnectionState === state ? last : undefined;
  }).catch((error: Error) => {
    const { ConnectionState: shown, ConnectionErrorCode: code } = last ?? {};
    throw new Error(`${error.message}: ${shown} ${code}`);
  });
}

test('boto3 makes a store, connects, uses and disconnects it', async () => {
  const trustAnchor = user.ca.certificate;
  const facts = { clusterId: cluster, trustAnchor, password: given(0) };
  writeFileSync(join(server.data, 'key-store.json'), JSON.stringify(facts));
  await runPythonSuite('key_store_life', server, 2);
  const { CustomKeyStores } = await kms.send(new DescribeCustomKeyStoresCommand({}));
  store = CustomKeyStores?.[0]?.CustomKeyStoreId ?? '';
  assert.equal((await show()).ConnectionState, 'DISCONNECTED');
});

let blob: Uint8Array | undefined;
const decrypts = async () => {
  const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob: blob }));
  assert.equal(Buffer.from(Plaintext ?? []).toString(), 'kept');
};

const decryptsNow = () =>
  decrypts().then(
    () => true,
    () => undefined,
  );

test('the SDK for JavaScript takes a store to its keys again, with another password', async () => {
  await setPassword(given(1));
  const change = { CustomKeyStoreId: store, KeyStorePassword: given(1), NewCustomKeyStoreName: 'renamed' };
  await kms.send(new UpdateCustomKeyStoreCommand(change));
  await kms.send(new ConnectCustomKeyStoreCommand({ CustomKeyStoreId: store }));
  assert.equal((await reaches('CONNECTED')).CustomKeyStoreName, 'renamed');
  const wanted = { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: store } as const;
  const { KeyMetadata } = await kms.send(new CreateKeyCommand(wanted));
  const KeyId = KeyMetadata?.KeyId;
  const sealed = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('kept') }));
  blob = sealed.CiphertextBlob;
  await decrypts();
  const shown = await kms.send(new DescribeKeyCommand({ KeyId }));
  assert.equal(shown.KeyMetadata?.KeyState, 'Enabled');
});

test('a front that is killed is connected again by the next one', async () => {
  killProcesses(server.pid, FRONT);
  await until('the next front', decryptsNow);
});

test('kills of the front at any moment of connecting and disconnecting lose nothing', async () => {
  for (const [n, pause] of [0, 40, 120].entries()) {
    if ((await show()).ConnectionState === 'CONNECTED')
      await kms.send(new DisconnectCustomKeyStoreCommand({ CustomKeyStoreId: store }));
    await wait(pause);
    await killFront();
    await reaches('DISCONNECTED');
    await setPassword(given(n + 2));
    await kms.send(
      new UpdateCustomKeyStoreCommand({ CustomKeyStoreId: store, KeyStorePassword: given(n + 2) }),
    );
    await kms.send(new ConnectCustomKeyStoreCommand({ CustomKeyStoreId: store }));
    await wait(pause);
    await killFront();
    await reaches('CONNECTED');
    await decrypts();
  }
});

async function killFront(): Promise<void> {
  const before = processesOf(server.pid, FRONT);
  killProcesses(server.pid, FRONT);
  await until('another front', async () => {
    const now = processesOf(server.pid, FRONT);
    if (now.length === 0 || now.some((pid) => before.includes(pid))) return undefined;
    return (await fetch(`${server.endpoint}/healthz`).catch(() => undefined))?.ok || undefined;
  });
}

test('a server that is killed whole has stores that wait for the tenant', async () => {
  kms.destroy();
  await server.kill();
  await start();
  user.client = cloudHsmClient(server);
  for (const hsm of hsms) await user.hsmReaches(cluster, hsm, 'DEGRADED', /^Locked/);
  assert.equal((await show()).ConnectionState, 'CONNECTED');
  await assert.rejects(decrypts(), KMSInvalidStateException);
  for (const hsm of hsms) await user.unlock(cluster, hsm);
  await until('the store', decryptsNow);
});
