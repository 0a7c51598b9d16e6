/**
 * Events that open and close the counters of an engine session, so that whoever reads a journal can tell that no
 * use of a key is missing from it: each use of a material in a session has the next number, from 1 on, and the
 * closing says the last one. Closings name the keys' own accounts, so that each tenant finds its own.
 */
import { must, parseKmsArn } from '../core/ids.ts';
import type { EventFacts } from './contract.ts';
import type { EntryFacts } from './entry.ts';
import { type Home, LOCKHOLM_SOURCE, lockholmEvent } from './lockholm-event.ts';

export const OPENED = 'CounterSessionOpened';
export const CLOSED = 'CounterSessionClosed';
/** As many as fit into additionalEventData (event-body.ts). */
const COUNTERS_MAX = 256;

export interface Counter {
  readonly keyArn: string;
  readonly materialId: string;
  /** The last number that was seen. */
  readonly last: number;
}

export const sessionOpened = (home: Home, time: number, session: string, lane: string): EventFacts =>
  lockholmEvent(OPENED, home, time, { session, lane });

/** Tenants' parts first; the last one, of the home account, says that the session is closed. */
export function sessionClosed(
  home: Home,
  time: number,
  session: string,
  counters: readonly Counter[],
): readonly EventFacts[] {
  const parts: EventFacts[] = [];
  for (const [owner, own] of Map.groupBy(counters, ownerOf)) {
    const [account = home.account, region = home.region] = owner.split(' ');
    for (let at = 0; at < own.length; at += COUNTERS_MAX) {
      const some = own.slice(at, at + COUNTERS_MAX);
      const detail = { session, counters: some.map(({ materialId, last }) => [materialId, last]) };
      parts.push(lockholmEvent(CLOSED, { account, region }, time, detail));
    }
  }
  return [...parts, lockholmEvent(CLOSED, home, time, { session, counters: [], closed: true })];
}

function ownerOf({ keyArn }: Counter): string {
  const arn = must(parseKmsArn(keyArn), 'key ARN');
  return `${arn.account} ${arn.region}`;
}

export type CounterEvent =
  | { readonly kind: 'opened'; readonly session: string; readonly lane: string }
  | {
      readonly kind: 'closed';
      readonly session: string;
      readonly counters: readonly (readonly [materialId: string, last: number])[];
      /** Whether this is the last part. */
      readonly closed: boolean;
    };

/** Undefined for every other event. */
export function counterEventOf(facts: EntryFacts): CounterEvent | undefined {
  if (facts.type !== 'LockholmEvent' || facts.source !== LOCKHOLM_SOURCE) return undefined;
  const { session, lane, counters, closed } = facts.additionalEventData ?? {};
  if (typeof session !== 'string') return undefined;
  if (facts.name === OPENED) return { kind: 'opened', session, lane: String(lane) };
  if (facts.name !== CLOSED || !Array.isArray(counters)) return undefined;
  const pairs = counters.map(([materialId, last]) => [String(materialId), Number(last)] as const);
  return { kind: 'closed', session, counters: pairs, closed: closed === true };
}
