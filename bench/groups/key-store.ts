import { setTimeout as sleep } from 'node:timers/promises';
import type { HsmUser } from '../../test/support/cloudhsm.ts';
import { credentialsIn } from '../contenders/lockholm.ts';
import { call, type Input, type Target, textIn } from '../requests.ts';
import { say } from '../workbench.ts';
import { kmsOperations, makeKey, makeWorkload } from '../workload.ts';
import type { Group } from './group.ts';
import { CRYPTO_USER_ROLE, startWithHsmUser } from './hsm-user.ts';
import { kmsTrials } from './kms-subjects.ts';

const YARDSTICK = 'default-store';
const STORE = 'key-store';
const PASSWORD = 'bench-password-1';
const CONNECTS_WITHIN_MS = 60_000;

/** The id of a cluster of two HSMs with the user that KMS logs in as. */
const makeCluster = async (user: HsmUser): Promise<string> => {
  const { id, hsm } = await user.active();
  await user.join(id, hsm);
  const admin = await user.login(id, hsm);
  await admin.call('createUser', { user: 'kmsuser', role: CRYPTO_USER_ROLE, password: PASSWORD });
  admin.close();
  return id;
};

const connected = async (target: Target, CustomKeyStoreId: string): Promise<void> => {
  const deadline = performance.now() + CONNECTS_WITHIN_MS;
  for (;;) {
    const { CustomKeyStores } = await call(target, 'DescribeCustomKeyStores', { CustomKeyStoreId });
    const [store] = CustomKeyStores as readonly Input[];
    if (store?.ConnectionState === 'CONNECTED') return;
    if (store?.ConnectionState === 'FAILED' || performance.now() > deadline) {
      throw new Error(`the key store is not connected: ${JSON.stringify(store)}`);
    }
    await sleep(100);
  }
};

/** The id of a connected store. */
const makeStore = async (target: Target, CloudHsmClusterId: string, user: HsmUser): Promise<string> => {
  const { CustomKeyStoreId } = await call(target, 'CreateCustomKeyStore', {
    CustomKeyStoreName: 'bench',
    CloudHsmClusterId,
    TrustAnchorCertificate: user.ca.certificate,
    KeyStorePassword: PASSWORD,
  });
  const id = textIn(CustomKeyStoreId);
  await call(target, 'ConnectCustomKeyStore', { CustomKeyStoreId: id });
  await connected(target, id);
  return id;
};

/** One server, one load, two keys: what differs is where the key is. CPU time is that of the server and both HSMs. */
export const keyStore: Group = {
  name: 'key-store',
  yardstick: YARDSTICK,
  contenders: [STORE],
  ours: [YARDSTICK, STORE],
  operations: kmsOperations,
  async prepare(bench) {
    const { server, user } = await startWithHsmUser(bench);
    const { port, pid, folder } = server;
    const target = { port, credentials: credentialsIn(folder) };
    say(`${STORE}: a cluster of two HSMs, and a store that is connected to it`);
    const CustomKeyStoreId = await makeStore(target, await makeCluster(user), user);
    const inStore = await makeKey(target, { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId });
    const keys = [
      [YARDSTICK, await makeKey(target)],
      [STORE, inStore],
    ] as const;
    const subjects = await Promise.all(
      keys.map(async ([name, key]) => ({ name, pid, target, workload: await makeWorkload(target, key) })),
    );
    return kmsTrials(subjects, bench);
  },
};
