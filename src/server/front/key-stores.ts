/** Binds custom key stores to clusters, engine, rows, journal and jobs. */
import type { Clock } from '../../core/clock.ts';
import type { Engine } from '../../engine/protocol/messages.ts';
import { hsmBackend } from '../../keystores/cloudhsm/backend.ts';
import { connectStore } from '../../keystores/cloudhsm/connect.ts';
import { Connections } from '../../keystores/cloudhsm/connections.ts';
import { Credentials } from '../../keystores/cloudhsm/credentials.ts';
import { disconnectStore } from '../../keystores/cloudhsm/disconnect.ts';
import { dropOrphan } from '../../keystores/cloudhsm/erase-key.ts';
import type { Warn } from '../../keystores/cloudhsm/pool.ts';
import type { StoreParts } from '../../keystores/cloudhsm/stores.ts';
import type { ServiceEvents } from '../../kms/events.ts';
import type { HsmClusters } from '../../kms/hsm-clusters.ts';
import type { KeyStoreRecord } from '../../kms/key-store.ts';
import { KeyStores } from '../../kms/key-stores.ts';
import type { Kms } from '../../kms/kms.ts';
import type { AttemptTimer, OrphanTimer, StoreTimer, Timers } from '../../kms/timers.ts';
import { type JobHandler, type JobRequest, schedule } from '../../store/jobs.ts';
import type { Rows, RowsChange } from '../../store/rows-contract.ts';
import { placeOf } from './job-place.ts';

export interface KeyStoreParts {
  readonly rows: Rows;
  readonly engine: Engine;
  readonly events: ServiceEvents;
  readonly clusters: HsmClusters;
  readonly clock: Clock;
  readonly warn: Warn;
  readonly erase: () => Promise<void>;
}

const CONNECT = 'connect-key-store';
const DISCONNECT = 'disconnect-key-store';
const DROP_ORPHAN = 'drop-orphan-key';

export type StoreTimers = Pick<Timers, 'connectAt' | 'disconnectAt' | 'dropOrphanAt'>;

export const storeTimers: StoreTimers = {
  connectAt: (store, due) => timer(CONNECT, store, due, { attempt: store.attempt }),
  disconnectAt: (store, due) => timer(DISCONNECT, store, due, { attempt: store.attempt }),
  dropOrphanAt: (store, keyId, due) => timer(DROP_ORPHAN, store, due, { keyId }),
};

function timer(
  kind: string,
  { account, region, id }: KeyStoreRecord,
  due: number,
  more: Readonly<Record<string, string>>,
): RowsChange {
  return schedule({ id, kind, due, payload: { account, region, storeId: id, ...more } });
}

export function bindKeyStores({ rows, engine, clusters, warn, ...parts }: KeyStoreParts) {
  const keyStores = new KeyStores(rows);
  const credentials = new Credentials(rows, engine, parts.clock);
  const connections = new Connections({ keyStores, clusters, credentials, warn });
  const stores: StoreParts = {
    ...parts,
    rows,
    keyStores,
    clusters,
    credentials,
    connections,
    timers: storeTimers,
    warn,
  };
  return { keyStores, stores, backend: hsmBackend({ connections, credentials }) };
}
export type BoundKeyStores = ReturnType<typeof bindKeyStores>;

export const keyStoreJobs = (parts: StoreParts, { keys }: Kms): Readonly<Record<string, JobHandler>> => ({
  [CONNECT]: { destructive: false, run: (job) => connectStore(attemptOf(job), parts) },
  // Nothing but what somebody asked for just now.
  [DISCONNECT]: { destructive: false, run: (job) => disconnectStore(attemptOf(job), parts) },
  // Nobody has used what it deletes.
  [DROP_ORPHAN]: { destructive: false, run: (job) => dropOrphan(orphanOf(job), keys, parts) },
});

const storeOf = (job: JobRequest): StoreTimer => ({ ...placeOf(job), storeId: String(job.payload.storeId) });
const attemptOf = (job: JobRequest): AttemptTimer => ({
  ...storeOf(job),
  attempt: String(job.payload.attempt),
});
const orphanOf = (job: JobRequest): OrphanTimer => ({ ...storeOf(job), keyId: String(job.payload.keyId) });
