/**
 * Lists keys in the order of their UTF-8 bytes. Keys that share what comes before a delimiter are one common prefix; the
 * scan goes past them, however many there are.
 */
import type { Rows } from '../../store/rows-contract.ts';
import type { ObjectRow, StoredObject } from './rows.ts';

export interface ListQuestion {
  readonly prefix: string;
  /** Empty for none. */
  readonly delimiter: string;
  /** Keys and common prefixes after this one; empty from the first on. */
  readonly after: string;
  /** Keys and common prefixes together. */
  readonly most: number;
}

export type Listed =
  | { readonly key: string; readonly row: StoredObject }
  | { readonly key: string; readonly row: undefined };

export interface Listing {
  /** Common prefixes have no row. */
  readonly entries: readonly Listed[];
  readonly truncated: boolean;
}

/** Rows that are read at once, at most; where common prefixes are, many of them would be read in vain. */
const PAGE = 1000;
const PAGE_OF_PREFIXES = 50;
/** Sorts behind every key that has the same beginning, but for those that go on with this very character. */
const LAST = '\u{10ffff}';

export async function listObjects(rows: Rows, bucket: string, question: ListQuestion): Promise<Listing> {
  const { prefix, delimiter, most } = question;
  if (most === 0) return { entries: [], truncated: false };
  const start = `${bucket}/`;
  const entries: Listed[] = [];
  let after = startAfter(question);
  for (;;) {
    const limit = Math.min(PAGE, delimiter === '' ? most - entries.length + 1 : PAGE_OF_PREFIXES);
    const options = { limit, ...(after !== '' && { after: start + after }) };
    const page = await rows.scan<ObjectRow>('object', start + prefix, options);
    for (const row of page) {
      const key = row.id.slice(start.length);
      const common = commonPrefix(key, prefix, delimiter);
      after = common === undefined ? key : common + LAST;
      const isShown = common !== undefined && (entries.at(-1)?.key === common || common === question.after);
      if (isShown) continue;
      if (entries.length === most) return { entries, truncated: true };
      entries.push(common === undefined ? { key, row } : { key: common, row: undefined });
      // The rest of the page may be behind the same prefix.
      if (common !== undefined && page.at(-1)?.id.startsWith(start + common)) break;
    }
    if (page.length < limit) return { entries, truncated: false };
  }
}

/** A common prefix that was listed is not listed again. */
function startAfter({ after, prefix, delimiter }: ListQuestion): string {
  return commonPrefix(after, prefix, delimiter) === after && after !== '' ? after + LAST : after;
}

function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '' || !key.startsWith(prefix)) return undefined;
  const end = key.indexOf(delimiter, prefix.length);
  return end === -1 ? undefined : key.slice(0, end + delimiter.length);
}
