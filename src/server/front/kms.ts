/** Binds KMS to engine, rows, journal and timers. */
import type { JsonObject } from '../../core/json.ts';
import type { Engine } from '../../engine/protocol/messages.ts';
import { Aliases } from '../../kms/aliases.ts';
import { byHolder } from '../../kms/backends/by-holder.ts';
import { engineBackend, engineMaker } from '../../kms/backends/engine.ts';
import { engineImports } from '../../kms/backends/engine-imports.ts';
import type { ServiceEvents } from '../../kms/events.ts';
import { ImportKeys } from '../../kms/import-keys.ts';
import type { KeyRecord } from '../../kms/key.ts';
import { KeyQuota } from '../../kms/key-quota.ts';
import { Keys } from '../../kms/keys.ts';
import type { Kms } from '../../kms/kms.ts';
import type { LastUsageReader } from '../../kms/last-usage.ts';
import { destroyWhenDue, dropImportKeyWhenDue, expireWhenDue, rotateWhenDue } from '../../kms/maintenance.ts';
import { Materials } from '../../kms/materials.ts';
import type { KeyTimer, Timers } from '../../kms/timers.ts';
import { type JobHandler, type JobRequest, schedule } from '../../store/jobs.ts';
import type { Rows, RowsChange } from '../../store/rows-contract.ts';
import { placeOf } from './job-place.ts';
import { type BoundKeyStores, storeTimers } from './key-stores.ts';

export interface KmsParts {
  readonly rows: Rows;
  /** Makes what was deleted unrecoverable from the store; runs that overlap are one. */
  readonly erase: () => Promise<void>;
  readonly engine: Engine;
  readonly events: ServiceEvents;
  readonly lastUsage: LastUsageReader;
  readonly keyStores: BoundKeyStores;
  /** Customer managed keys that an account may have in a Region. */
  readonly keyQuota: number;
  /** What was scheduled for now is begun soon. */
  readonly wake: () => void;
}

const ROTATE = 'rotate-key';
export const DESTROY = 'destroy-key';
export const EXPIRE = 'expire-key-material';
const DROP_IMPORT_KEY = 'drop-import-key';
export const ERASE = 'erase-deleted';

function timer(kind: string, key: KeyRecord, due: number, more: JsonObject = {}): RowsChange {
  const payload = { account: key.account, region: key.region, keyId: key.id, ...more };
  return schedule({ id: key.id, kind, due, payload });
}

const timers: Timers = {
  ...storeTimers,
  rotateAt: (key, due) => timer(ROTATE, key, due),
  destroyAt: (key, due) => timer(DESTROY, key, due),
  expireAt: (key, materialId, due) => timer(EXPIRE, key, due, { materialId }),
  dropImportKeyAt: (key, publicKeyHash, due) => timer(DROP_IMPORT_KEY, key, due, { publicKeyHash }),
  eraseAt: (due) => schedule({ id: 'store', kind: ERASE, due, payload: {} }),
};

export function bindKms(parts: KmsParts): Kms {
  const { rows, erase, engine, events, lastUsage, keyStores: bound, wake } = parts;
  const aliases = new Aliases(rows);
  const { keyStores } = bound;
  const imports = engineImports(engine);
  return {
    rows,
    aliases,
    keyQuota: new KeyQuota(rows, aliases, parts.keyQuota),
    keys: new Keys(rows, aliases, keyStores),
    materials: new Materials(rows),
    backend: byHolder(engineBackend(engine), bound.backend),
    maker: engineMaker(engine),
    keyStores,
    storeBackend: bound.backend,
    clusters: bound.stores.clusters,
    wake,
    imports,
    importKeys: new ImportKeys(rows, imports, timers),
    lastUsage,
    events,
    timers,
    random: async (length) => (await engine.call('random', { length })).value,
    erase,
  };
}

export const kmsJobs = (kms: Kms): Readonly<Record<string, JobHandler>> => ({
  [ROTATE]: { destructive: false, run: (job) => rotateWhenDue(keyOf(job), kms) },
  [DESTROY]: { destructive: true, run: (job, { now }) => destroyWhenDue(keyOf(job), now, kms) },
  [EXPIRE]: {
    destructive: true,
    run: (job, { now }) => expireWhenDue({ ...keyOf(job), materialId: textOf(job, 'materialId') }, now, kms),
  },
  // Not destructive: nobody can use what is late, and anybody can have another.
  [DROP_IMPORT_KEY]: {
    destructive: false,
    run: (job) => dropImportKeyWhenDue({ ...keyOf(job), publicKeyHash: textOf(job, 'publicKeyHash') }, kms),
  },
  [ERASE]: { destructive: false, run: () => kms.erase() },
});

const keyOf = (job: JobRequest): KeyTimer => ({ ...placeOf(job), keyId: textOf(job, 'keyId') });

const textOf = ({ payload }: JobRequest, name: string): string => String(payload[name]);
