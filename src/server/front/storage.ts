/** What a front reads before it needs an engine: the locked data folder, its store and its journal. */
import { openAudit } from '../../audit/open-audit.ts';
import type { Clock } from '../../core/clock.ts';
import { must, parseRegion } from '../../core/ids.ts';
import { journalPath, storePath } from '../../operator/data-files.ts';
import { OPERATOR_ACCOUNT } from '../../operator/operation.ts';
import { lockDataFolder } from '../../store/data-lock.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';
import type { Log } from '../../wire/log.ts';
import type { Settings } from '../settings.ts';
import { nodeName } from './node-name.ts';

/** What every step of a start has at hand. */
export interface Opening {
  readonly settings: Settings;
  readonly log: Log;
  readonly clock: Clock;
  /** Takes what a step opened: closed in reverse when a later one fails, or when the front stops. */
  readonly closing: AsyncDisposableStack;
}

/** Of entries that belong to no Region, and what clients get by default where it is served. */
export const HOME_REGION = must(parseRegion('us-east-1'), 'Region');
/** A front that was killed holds its lock for a moment more. */
const LOCK_WAIT_MS = 5_000;

export async function openStorage({ settings, log, clock, closing }: Opening) {
  const { data, journalSegmentSize: segmentBytes, journalRetentionDays: retentionDays } = settings;
  closing.defer(await lockDataFolder(data, 'front-lock', LOCK_WAIT_MS));
  const store = closing.adopt(await openSqliteStore(storePath(data)), (open) => open.close());
  const node = await nodeName(data);
  const opened = await openAudit({
    folder: journalPath(data),
    store,
    node,
    home: { account: OPERATOR_ACCOUNT, region: HOME_REGION },
    segmentBytes,
    ...(retentionDays > 0 && { retentionDays }),
    report: (error) => log.warn('the journal needs attention', { error }),
  });
  const audit = closing.adopt(opened, (open) => open.close());
  const { journal, encodeEvent, journalled } = audit;
  const events = { journal, encodeEvent, journalled, clock, region: HOME_REGION };
  return { store, node, audit, events };
}

/** `events`: what journals the acts of Lockholm itself. */
export type Storage = Awaited<ReturnType<typeof openStorage>>;
