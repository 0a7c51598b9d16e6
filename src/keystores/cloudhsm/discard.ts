/**
 * Has HSMs throw the password of `kmsuser` away. Members that the one which was asked did not reach may go on taking it:
 * each of them is asked itself, and until it answered Lockholm keeps the password to ask with.
 */
import { HsmError } from '../../hsm/protocol/errors.ts';
import type { PasswordStatement } from '../../hsm/protocol/receipts.ts';
import type { HsmMember } from '../../kms/hsm-clusters.ts';
import { type DiscardedCredential, type KeyStoreRecord, KMS_USER } from '../../kms/key-store.ts';
import { isRefusal } from './failures.ts';
import { logInTo, type Password, storedPasswords } from './find-login.ts';
import type { Login } from './login.ts';
import { readStoreReceipt } from './receipt.ts';
import type { StoreParts } from './stores.ts';

/** Closes the connection. */
export async function discardAt(login: Login, store: KeyStoreRecord): Promise<DiscardedCredential> {
  const { receipt, time, notReached } = await discard(login, store);
  const state = notReached.length === 0 ? 'discarded' : 'unheard';
  return { state, since: store.credential.since, receipt, time, notReached };
}

/** Those that did not hear of it and are still in the cluster, as far as they answer now. */
export async function discardAtTheRest(
  credential: DiscardedCredential,
  store: KeyStoreRecord,
  { clusters, credentials }: StoreParts,
): Promise<DiscardedCredential> {
  const members = (await clusters.find(store, store.clusterId))?.hsms ?? [];
  const passwords = await storedPasswords(store, credentials);
  const later = [...(credential.later ?? [])];
  const notReached: string[] = [];
  for (const hsm of members.filter(({ id }) => credential.notReached.includes(id))) {
    const answer = await askMember(hsm, store, passwords);
    if (answer === 'no-answer') notReached.push(hsm.id);
    else if (answer !== 'refuses') later.push(answer.receipt);
  }
  const state = notReached.length === 0 ? 'discarded' : 'unheard';
  return { ...credential, state, notReached, ...(later.length > 0 && { later }) };
}

/** `refuses`: it takes nothing that is stored, so that it heard of it from another member. */
async function askMember(
  hsm: HsmMember,
  store: KeyStoreRecord,
  passwords: readonly Password[],
): Promise<Discarded | 'refuses' | 'no-answer'> {
  try {
    const { login } = await logInTo(hsm, store, passwords, false);
    return await discard(login, store);
  } catch (error) {
    if (!(error instanceof HsmError)) throw error;
    return isRefusal(error) ? 'refuses' : 'no-answer';
  }
}

interface Discarded {
  /** Base64. */
  readonly receipt: string;
  readonly time: number;
  readonly notReached: readonly string[];
}

async function discard({ connection }: Login, store: KeyStoreRecord): Promise<Discarded> {
  try {
    const { receipt } = await connection.call('discardPassword', {});
    const { time, notReached } = statement(receipt, store);
    return { receipt: Buffer.from(receipt).toString('base64'), time, notReached };
  } finally {
    connection.close();
  }
}

/** Throws HsmError `untrusted` where the receipt does not say what happened. */
function statement(receipt: Uint8Array, store: KeyStoreRecord): PasswordStatement {
  const said = readStoreReceipt(receipt, store);
  if (said.type !== 'password' || !said.discarded || said.ofUser !== KMS_USER)
    throw new HsmError('untrusted', 'the receipt is of something else');
  return said;
}
