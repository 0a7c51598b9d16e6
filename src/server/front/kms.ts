/** Binds KMS to engine, rows, journal and timers. */
import { must, parseAccountId, parseRegion } from '../../core/ids.ts';
import type { Engine } from '../../engine/protocol/messages.ts';
import { Aliases } from '../../kms/aliases.ts';
import { engineBackend } from '../../kms/backends/engine.ts';
import type { ServiceEvents } from '../../kms/events.ts';
import type { KeyRecord } from '../../kms/key.ts';
import { Keys } from '../../kms/keys.ts';
import type { Kms } from '../../kms/kms.ts';
import type { LastUsageReader } from '../../kms/last-usage.ts';
import { destroyWhenDue, rotateWhenDue } from '../../kms/maintenance.ts';
import { Materials } from '../../kms/materials.ts';
import type { KeyTimer, Timers } from '../../kms/timers.ts';
import type { Store } from '../../store/contract.ts';
import { type JobHandler, type JobRequest, schedule } from '../../store/jobs.ts';
import type { Rows, RowsChange } from '../../store/rows-contract.ts';

export interface KmsParts {
  readonly rows: Rows;
  readonly store: Store;
  readonly engine: Engine;
  readonly events: ServiceEvents;
  readonly lastUsage: LastUsageReader;
}

const ROTATE = 'rotate-key';
const DESTROY = 'destroy-key';

const timer =
  (kind: string) =>
  (key: KeyRecord, due: number): RowsChange =>
    schedule({
      id: key.id,
      kind,
      due,
      payload: { account: key.account, region: key.region, keyId: key.id },
    });

const timers: Timers = { rotateAt: timer(ROTATE), destroyAt: timer(DESTROY) };

export function bindKms({ rows, store, engine, events, lastUsage }: KmsParts): Kms {
  const aliases = new Aliases(rows);
  return {
    rows,
    aliases,
    keys: new Keys(rows, aliases),
    materials: new Materials(rows),
    backend: engineBackend(engine),
    lastUsage,
    events,
    timers,
    random: async (length) => (await engine.call('random', { length })).value,
    async erase() {
      await store.erase();
    },
  };
}

export const kmsJobs = (kms: Kms): Readonly<Record<string, JobHandler>> => ({
  [ROTATE]: { destructive: false, run: (job) => rotateWhenDue(keyOf(job), kms) },
  [DESTROY]: { destructive: true, run: (job, { now }) => destroyWhenDue(keyOf(job), now, kms) },
});

const keyOf = ({ payload: { account, region, keyId } }: JobRequest): KeyTimer => ({
  account: must(parseAccountId(String(account)), 'account'),
  region: must(parseRegion(String(region)), 'Region'),
  keyId: String(keyId),
});
