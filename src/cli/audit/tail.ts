import { once } from 'node:events';
import { join } from 'node:path';
import type { Command } from 'commander';
import { toCloudTrail } from '../../audit/cloudtrail.ts';
import { type JournalEntry, JournalError } from '../../audit/contract.ts';
import { lastEntries, readJournalFiles } from '../../audit/read-files.ts';
import { printableJson } from '../../core/printable.ts';
import { EXIT_USAGE, Failure } from '../failure.ts';
import { onServer } from '../program.ts';
import { type FilterOptions, makeFilter } from './filter.ts';
import { eventLine } from './line.ts';

export interface TailOptions extends FilterOptions {
  readonly data: string;
  readonly json?: boolean;
  readonly follow?: boolean;
  readonly limit?: string;
}

export interface Output {
  /** False asks to wait for `drain`. */
  write(text: string): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

const LIMIT = 20;

export function registerTail(audit: Command): void {
  const command = audit
    .command('tail')
    .description(`show the last events: ${LIMIT}, or all since a time`)
    .option('-f, --follow', 'go on with events as they come, until interrupted')
    .option('-n, --limit <count>', 'at most so many from the end')
    .option('--since <time>', 'a time such as 2026-11-24T12:00:00Z, or how long ago: 30s, 15m, 2h, 7d')
    .option('--until <time>', 'likewise')
    .option('--account <id>', 'whose events: twelve digits')
    .option('--key <id>', 'events on this key or alias: id, name or ARN')
    .option('--event <name>', 'events of this name, such as Decrypt');
  onServer(command).action(async (options: TailOptions) => {
    const interrupt = new AbortController();
    process.once('SIGINT', () => interrupt.abort());
    await auditTail(options, process.stdout, interrupt.signal);
  });
}

/** Prints events to `out`: a line each, or with `json` CloudTrail records, one a line. */
export async function auditTail(options: TailOptions, out: Output, interrupt: AbortSignal): Promise<void> {
  const filter = makeFilter(options, Date.now());
  const limit = parseLimit(options);
  const folder = join(options.data, 'journal');
  const show = options.json ? (entry: JournalEntry) => printableJson(toCloudTrail(entry)) : eventLine;
  const print = async (entry: JournalEntry): Promise<void> => {
    if (!out.write(`${show(entry)}\n`)) await once(out as NodeJS.WritableStream, 'drain');
  };
  await readable(async () => {
    let from = 0;
    if (limit !== undefined) {
      const { entries, next } = await lastEntries(folder, filter.matches, limit);
      for (const entry of entries) await print(entry);
      if (!options.follow) return;
      from = next;
    }
    const follow = options.follow ? { follow: interrupt } : {};
    const since = filter.since === undefined ? {} : { since: filter.since };
    for await (const entry of readJournalFiles(folder, { from, ...since, ...follow })) {
      if (filter.matches(entry)) await print(entry);
    }
  });
}

/** Undefined: all of them. */
function parseLimit({ limit, since }: TailOptions): number | undefined {
  if (limit === undefined) return since === undefined ? LIMIT : undefined;
  if (/^[1-9][0-9]{0,6}$/.test(limit)) return Number(limit);
  throw new Failure(`--limit takes a number from 1 to 9999999, not ${limit}.`, EXIT_USAGE);
}

/** Says what can be done about a journal that cannot be read. */
export async function readable(read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    const next = error.code === 'unavailable' ? " Name the server's data folder with --data." : '';
    throw new Failure(error.message + next, undefined, error);
  }
}
