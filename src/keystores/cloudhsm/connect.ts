/**
 * Connects a store: logs in to its cluster as `kmsuser`, and gives that user a new password which nobody else has.
 *
 * Order: the new password is stored, then set in the HSMs, then it takes the place of the old one in the store. Wherever
 * this is cut off, one of the two that are stored is the one that the HSMs take, and the next run finds out which.
 */
import { joinChanges } from '../../kms/change.ts';
import type { ServiceEvent } from '../../kms/events.ts';
import {
  dropCredentials,
  holdsCredential,
  type KeyStoreRecord,
  KMS_USER,
  putCredential,
  replaceKeyStore,
  type StoredKeyStore,
} from '../../kms/key-store.ts';
import type { AttemptTimer } from '../../kms/timers.ts';
import type { RowsChange } from '../../store/rows-contract.ts';
import { type ConnectionFailure, noCredential } from './failures.ts';
import { findLogin } from './find-login.ts';
import type { Login } from './login.ts';
import type { StoreParts } from './stores.ts';

/** Until a store that failed for what may pass is tried again. */
const AGAIN_MS = 3_000;

export async function connectStore(timer: AttemptTimer, parts: StoreParts): Promise<void> {
  const stored = await wanted(timer, parts);
  if (stored === undefined) return;
  const store = stored.value;
  if (!holdsCredential(store)) return fail(stored, noCredential, parts);
  // Alone: somebody else who is logged in as kmsuser would be cut off.
  const found = await findLogin(store, parts, true);
  if ('failure' in found) return fail(stored, found.failure, parts);
  try {
    if (found.with === 'current') await setNewPassword(found.login, store, parts);
    await finish(timer, found.login.hsmId, parts);
  } finally {
    found.login.connection.close();
  }
}

/** The store, if this call still is what it waits for. One that failed for what may pass waits as well. */
async function wanted(
  { account, region, storeId, attempt }: AttemptTimer,
  { keyStores }: StoreParts,
): Promise<StoredKeyStore | undefined> {
  const stored = await keyStores.get({ account, region }, storeId);
  const waits = stored?.value.state === 'CONNECTING' || stored?.value.state === 'FAILED';
  return waits && stored.value.attempt === attempt ? stored : undefined;
}

async function setNewPassword(login: Login, store: KeyStoreRecord, parts: StoreParts): Promise<void> {
  const { rows, credentials } = parts;
  const kept = await credentials.find(store, 'next');
  const next = kept ?? (await credentials.create(store));
  if (kept === undefined) {
    const change = await putCredential(rows, store, 'next', next);
    await note(store, 'CustomKeyStoreConnecting', change, { hsmId: login.hsmId }, parts);
  }
  const password = await credentials.open(store, next);
  await login.connection.call('changePassword', { user: KMS_USER, password });
}

async function finish(timer: AttemptTimer, hsmId: string, parts: StoreParts): Promise<void> {
  const { rows, credentials, connections } = parts;
  const stored = await wanted(timer, parts);
  const next = stored && (await credentials.find(stored.value, 'next'));
  // It was disconnected meanwhile: that goes on with both passwords.
  if (stored === undefined || next === undefined) return;
  const { error: _, ...store } = stored.value;
  const credential = { state: 'own', since: next.created } as const;
  const connected: KeyStoreRecord = { ...store, state: 'CONNECTED', credential };
  const change = joinChanges(
    replaceKeyStore(stored, connected),
    await putCredential(rows, store, 'current', next),
    await dropCredentials(rows, store, ['next']),
  );
  await note(store, 'CustomKeyStoreConnected', change, { hsmId }, parts);
  void connections.warm();
  await parts.erase();
}

async function fail(stored: StoredKeyStore, failure: ConnectionFailure, parts: StoreParts): Promise<void> {
  const store = stored.value;
  const again = failure.passing ? parts.timers.connectAt(store, parts.clock.now() + AGAIN_MS) : {};
  if (store.state === 'FAILED' && store.error === failure.code) return parts.rows.commit(again);
  const failed = { ...store, state: 'FAILED', error: failure.code } as const;
  const { code: connectionErrorCode, message } = failure;
  const change = joinChanges(replaceKeyStore(stored, failed), again);
  await note(store, 'CustomKeyStoreConnectionFailed', change, { connectionErrorCode, message }, parts);
}

export function note(
  { account, region, id, name, clusterId }: KeyStoreRecord,
  event: ServiceEvent['name'],
  change: RowsChange,
  more: ServiceEvent['additionalEventData'],
  { events }: StoreParts,
): Promise<void> {
  return events.commit(change, {
    ...events.begin(),
    account,
    region,
    name: event,
    resources: [],
    additionalEventData: { customKeyStoreId: id, customKeyStoreName: name, clusterId, ...more },
  });
}
