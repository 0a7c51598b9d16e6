/**
 * Disconnects a store. The HSMs set the password of `kmsuser` to a random value that nobody ever has, and sign that they
 * did; then what Lockholm kept of the old one is erased. Until every HSM of the cluster has heard of it the state stays
 * DISCONNECTING.
 *
 * A kill between the HSM's answer and the commit loses the receipt: the HSMs then refuse what is stored, which is
 * destroyed all the same, and the store says that nothing proves it.
 */
import { joinChanges } from '../../kms/change.ts';
import {
  type Credential,
  type DiscardedCredential,
  dropCredentials,
  holdsCredential,
  type KeyStoreRecord,
  putKeyStore,
  replaceKeyStore,
  type StoredKeyStore,
} from '../../kms/key-store.ts';
import type { AttemptTimer } from '../../kms/timers.ts';
import { note } from './connect.ts';
import { discardAt, discardAtTheRest } from './discard.ts';
import type { ConnectionFailure } from './failures.ts';
import { findLogin } from './find-login.ts';
import type { StoreParts } from './stores.ts';

/** Until the HSMs are tried again. */
const AGAIN_MS = 3_000;

export async function disconnectStore(timer: AttemptTimer, parts: StoreParts): Promise<void> {
  const { account, region, storeId, attempt } = timer;
  const stored = await parts.keyStores.get({ account, region }, storeId);
  if (stored?.value.state !== 'DISCONNECTING' || stored.value.attempt !== attempt) return;
  const store = stored.value;
  parts.connections.close(store);
  if (store.credential.state === 'unheard') return askTheRest(stored, store.credential, parts);
  if (!(await mayHaveLoggedIn(store, parts))) return finish(stored, store.credential, parts);
  const found = await findLogin(store, parts, false);
  if ('failure' in found) return withoutLogin(stored, found.failure, parts);
  const credential = await discardAt(found.login, store);
  if (credential.state === 'discarded') return finish(stored, credential, parts);
  // The receipt is kept before anything else is asked.
  await waitForMembers(stored, credential, parts.clock.now(), parts);
}

async function askTheRest(
  stored: StoredKeyStore,
  before: DiscardedCredential,
  parts: StoreParts,
): Promise<void> {
  const credential = await discardAtTheRest(before, stored.value, parts);
  if (credential.state === 'discarded') return finish(stored, credential, parts);
  const { notReached } = credential;
  parts.warn('a key store waits for HSMs to be disconnected', { store: stored.value.id, hsms: notReached });
  await waitForMembers(stored, credential, parts.clock.now() + AGAIN_MS, parts);
}

const waitForMembers = (
  stored: StoredKeyStore,
  credential: DiscardedCredential,
  until: number,
  { rows, timers }: StoreParts,
): Promise<void> =>
  rows.commit(joinChanges(putKeyStore(stored, { credential }), timers.disconnectAt(stored.value, until)));

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
