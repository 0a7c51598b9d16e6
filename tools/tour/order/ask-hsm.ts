/** What HSMs answer to whoever reaches them, and to whoever has what KMS keeps of `kmsuser`. */
import type { Cluster } from '@aws-sdk/client-cloudhsm-v2';
import { NAME_SIZE } from '../../../src/engine/protocol/ciphertext.ts';
import { HsmConnection } from '../../../src/hsm/client/connection.ts';
import { KMS_USER } from '../../../src/kms/key-store.ts';
import { compared, type TheFile } from '../the-file.ts';
import { type Attempt, attempt, nothing } from './attempt.ts';
import type { InHsm, SeizedFolder } from './seized-folder.ts';

const PORT = 2223;

export interface HsmQuestion {
  readonly folder: SeizedFolder;
  readonly object: string;
  readonly cluster: Cluster;
  readonly file: TheFile;
  /** Found when the store was connected. */
  readonly earlierPassword: string | undefined;
}

export async function askHsm(question: HsmQuestion): Promise<readonly Attempt[]> {
  const { folder, object } = question;
  const target = folder.inHsm(object);
  const store = folder.keyStore(target);
  const kept = folder.storePassword(store);
  return [
    await ask('the HSM, without a login', question, target, undefined),
    kept === undefined
      ? nothing('the HSM, as kmsuser', 'KMS keeps no password any more: the folder has no token of it')
      : await ask('the HSM, as kmsuser, its password opened', question, target, kept),
    ...(question.earlierPassword !== undefined && question.earlierPassword !== kept
      ? [await ask('the HSM, as kmsuser, the earlier password', question, target, question.earlierPassword)]
      : []),
  ];
}

async function ask(
  how: string,
  question: HsmQuestion,
  target: InHsm,
  password: string | undefined,
): Promise<Attempt> {
  const { folder, object, file } = question;
  return attempt(how, async () => {
    const dataKey = await decrypt(question, target, password);
    return compared(await folder.read(object, dataKey), file);
  });
}

async function decrypt(
  { folder, cluster }: HsmQuestion,
  target: InHsm,
  password: string | undefined,
): Promise<Buffer> {
  const { key, wrapped, context } = target;
  const { trustAnchor } = folder.keyStore(target);
  const address = { host: cluster.Hsms?.[0]?.EniIp ?? '', port: PORT };
  // A locked HSM is believed too: nothing that is sent here is the tenant's.
  const trust = { anchor: trustAnchor, allowLocked: true };
  const connection = await HsmConnection.connect({ address, trust });
  try {
    if (password !== undefined) await connection.call('login', { user: KMS_USER, password, alone: false });
    const { plaintext } = await connection.call('kmsDecrypt', {
      handle: key.inStore?.handle ?? '',
      sealed: wrapped.subarray(NAME_SIZE),
      aad: Buffer.concat([wrapped.subarray(0, NAME_SIZE), context]),
      check: false,
    });
    return Buffer.from(plaintext);
  } finally {
    connection.close();
  }
}
