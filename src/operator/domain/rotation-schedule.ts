/** Begins rotations by age of the current domain key, and those that a state with older keys is still in need of. */
import { DAY_MS } from '../../core/clock.ts';
import { type Log, whereFrom } from '../../engine/protocol/log.ts';
import type { Rows } from '../../store/rows-contract.ts';
import { commitWithEvent, type EventParts, ownEvent } from '../own-event.ts';
import type { Domain } from './domain.ts';
import { rotationStatus, scheduleRotation } from './rotation.ts';

export interface ScheduleParts extends EventParts {
  readonly domain: Domain;
  readonly rows: Rows;
  readonly log: Log;
  /** Age at which the domain key is replaced; 0: on command only. */
  readonly rotationDays: number;
}

const CHECK_MS = 3_600_000;
/** No domain key has this id: the rotation itself is done already. */
const ROTATED = 0;

/** Looks now and every hour. The function that it returns ends that. */
export function startRotationSchedule(parts: ScheduleParts): () => void {
  const look = (): void => {
    beginDueRotation(parts).catch((error: unknown) =>
      parts.log('domain-rotation-not-begun', whereFrom(error)),
    );
  };
  const timer = setInterval(look, CHECK_MS).unref();
  look();
  return () => clearInterval(timer);
}

/** Whether one was begun. */
export async function beginDueRotation(parts: ScheduleParts): Promise<boolean> {
  const { domain, rows, clock, rotationDays } = parts;
  const { keys, currentKey } = await domain.settled();
  const current = keys.find(({ id }) => id === currentKey);
  const age = clock.now() - (current?.created ?? clock.now());
  const due = rotationDays > 0 && age >= rotationDays * DAY_MS;
  const unfinished = keys.length > 1;
  if ((!due && !unfinished) || (await rotationStatus(rows)) !== undefined) return false;
  const change = scheduleRotation(clock.now(), unfinished ? ROTATED : currentKey);
  const event = ownEvent(parts, 'DomainKeyRotationBegun', { fromKey: currentKey, due, unfinished });
  await commitWithEvent(parts, event, (committed) => rows.commit({ ...change, event: committed }));
  return true;
}
