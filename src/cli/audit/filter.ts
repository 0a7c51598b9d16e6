/** Which events a command shows. */
import type { JournalEntry } from '../../audit/contract.ts';
import { parseBody, parseEnvelope } from '../../audit/entry.ts';
import { parseAccountId } from '../../core/ids.ts';
import { EXIT_USAGE, Failure } from '../failure.ts';

export interface FilterOptions {
  readonly account?: string;
  /** Key id, key ARN, alias name or alias ARN. */
  readonly key?: string;
  readonly event?: string;
  readonly since?: string;
  readonly until?: string;
}

export interface Filter {
  readonly since: number | undefined;
  readonly matches: (entry: JournalEntry) => boolean;
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const AGO = /^([0-9]{1,9})([smhd])$/;

/** Throws a Failure for an option that means nothing. */
export function makeFilter({ account, key, event, ...options }: FilterOptions, now: number): Filter {
  if (account !== undefined && parseAccountId(account) === undefined) {
    throw new Failure(`--account takes twelve digits, not ${account}.`, EXIT_USAGE);
  }
  const since = parseTime('--since', options.since, now);
  const until = parseTime('--until', options.until, now);
  const matches = (entry: JournalEntry): boolean => {
    const envelope = parseEnvelope(entry);
    const time = Date.parse(envelope.time);
    if (since !== undefined && time < since) return false;
    if (until !== undefined && time > until) return false;
    if (account === undefined && key === undefined && event === undefined) return true;
    const body = envelope.inBody === undefined ? undefined : parseBody(entry);
    if (event !== undefined && (body?.eventName ?? envelope.name) !== event) return false;
    const arns = [...(body?.resources ?? envelope.resources), ...envelope.uses.map((use) => use.key)];
    if (key !== undefined && !arns.some((arn) => isNamed(arn, key))) return false;
    return (
      account === undefined || envelope.account === account || arns.some((arn) => owner(arn) === account)
    );
  };
  return { since, matches };
}

const isNamed = (arn: string, name: string): boolean =>
  arn === name || arn.endsWith(`:${name}`) || arn.endsWith(`/${name}`);
const owner = (arn: string): string | undefined => arn.split(':')[4];

/** A moment, or how long ago: `15m`, `2h`, `7d`. */
function parseTime(option: string, text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const [, count, unit = ''] = AGO.exec(text) ?? [];
  const time = count === undefined ? Date.parse(text) : now - Number(count) * (UNIT_MS[unit] ?? 0);
  if (!Number.isNaN(time)) return time;
  throw new Failure(
    `${option} takes a time such as 2026-11-24T12:00:00Z, or how long ago: 30s, 15m, 2h, 7d. Not ${text}.`,
    EXIT_USAGE,
  );
}
