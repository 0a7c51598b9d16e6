/**
 * Disconnects a store. The HSMs set the password of `kmsuser` to a random value that nobody ever has, and sign that they
 * did; then what Lockholm kept of the old one is erased. Until an HSM has answered the state stays DISCONNECTING.
 *
 * A kill between the HSM's answer and the commit loses the receipt: the HSMs then refuse what is stored, which is
 * destroyed all the same, and the store says that nothing proves it.
 */
import { HsmError } from '../../hsm/protocol/errors.ts';
import type { PasswordStatement } from '../../hsm/protocol/receipts.ts';
import { joinChanges } from '../../kms/change.ts';
import {
  type Credential,
  dropCredentials,
  holdsCredential,
  type KeyStoreRecord,
  KMS_USER,
  replaceKeyStore,
  type StoredKeyStore,
} from '../../kms/key-store.ts';
import type { AttemptTimer } from '../../kms/timers.ts';
import { note } from './connect.ts';
import type { ConnectionFailure } from './failures.ts';
import { findLogin } from './find-login.ts';
import type { Login } from './login.ts';
import { readStoreReceipt } from './receipt.ts';
import type { StoreParts } from './stores.ts';

/** Until the HSMs are tried again. */
const AGAIN_MS = 3_000;

export async function disconnectStore(timer: AttemptTimer, parts: StoreParts): Promise<void> {
  const { account, region, storeId, attempt } = timer;
  const stored = await parts.keyStores.get({ account, region }, storeId);
  if (stored?.value.state !== 'DISCONNECTING' || stored.value.attempt !== attempt) return;
  const store = stored.value;
  parts.connections.close(store);
  if (!(await mayHaveLoggedIn(store, parts))) return finish(stored, store.credential, parts);
  const found = await findLogin(store, parts, false);
  if ('failure' in found) return withoutLogin(stored, found.failure, parts);
  const receipt = await discarded(found.login, store);
  await finish(stored, receipt, parts);
}

/** A password that the tenant gave and no connect has got through with is the tenant's, and stays for the next one. */
async function mayHaveLoggedIn(store: KeyStoreRecord, { credentials }: StoreParts): Promise<boolean> {
  if (!holdsCredential(store)) return false;
  return store.credential.state === 'own' || (await credentials.find(store, 'next')) !== undefined;
}

/** Nobody logs in any more with what is stored where the HSMs refuse it, or where there are none; else it must wait. */
async function withoutLogin(
  stored: StoredKeyStore,
  failure: ConnectionFailure,
  parts: StoreParts,
): Promise<void> {
  const { code, passing } = failure;
  const none = await hasNoHsm(stored.value, parts);
  if ((!passing && code !== 'INTERNAL_ERROR') || none)
    return finish(stored, { state: 'destroyed', since: stored.value.credential.since }, parts);
  parts.warn('a key store waits for an HSM to be disconnected', { store: stored.value.id, ...failure });
  await parts.rows.commit(parts.timers.disconnectAt(stored.value, parts.clock.now() + AGAIN_MS));
}

async function hasNoHsm(store: KeyStoreRecord, { clusters }: StoreParts): Promise<boolean> {
  return ((await clusters.find(store, store.clusterId))?.hsms.length ?? 0) === 0;
}

async function discarded({ connection }: Login, store: KeyStoreRecord): Promise<Credential> {
  try {
    const { receipt } = await connection.call('discardPassword', {});
    const { time, notReached } = statement(receipt, store);
    const { since } = store.credential;
    return { state: 'discarded', since, receipt: Buffer.from(receipt).toString('base64'), time, notReached };
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

/** With a password that stays, so does its row. */
async function finish(stored: StoredKeyStore, credential: Credential, parts: StoreParts): Promise<void> {
  const store: KeyStoreRecord = { ...stored.value, state: 'DISCONNECTED', credential };
  const gone = credential.state === 'given' ? [] : (['current', 'next'] as const);
  const change = joinChanges(replaceKeyStore(stored, store), await dropCredentials(parts.rows, store, gone));
  const facts = {
    credential: credential.state,
    ...('receipt' in credential && { receipt: credential.receipt }),
  };
  await note(store, 'CustomKeyStoreDisconnected', change, facts, parts);
  await parts.erase();
}
