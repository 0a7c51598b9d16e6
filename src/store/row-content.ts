/** A row's content: canonical JSON in UTF-8. What is read back is frozen, so that a cache can hand it out. */
import { canonicalJson } from '../core/canonical-json.ts';
import type { Row } from './contract.ts';
import { type MacFacts, RowError, type Stored } from './rows-contract.ts';

export const encodeContent = (value: object): Uint8Array => Buffer.from(canonicalJson(value));

/** Throws RowError, which names the row and nothing of its content. */
export function decodeRow<T>({ table, id, version, content }: Omit<Row, 'mac'>): Stored<T> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch {
    throw new RowError(`row ${table} ${id} does not hold JSON`);
  }
  return Object.freeze({ id, version, value: deepFreeze(value) as T });
}

/** As a cache holds it. */
export interface SizedRow {
  readonly row: Stored<unknown>;
  /** Of its content, in bytes. */
  readonly size: number;
}

export const sizedRow = (row: Omit<Row, 'mac'>): SizedRow => ({
  row: decodeRow(row),
  size: row.content.length,
});

type Named = Pick<MacFacts, 'table' | 'id'>;
/** Of further rows, so that a line of the log stays one that can be read. */
const NAMED = 10;

/** `more`: others of the same read, which are named too. */
export function notAuthentic({ table, id }: Named, more: readonly Named[] = []): RowError {
  const others = more.slice(0, NAMED).map((row) => `${row.table} ${row.id}`);
  if (more.length > NAMED) others.push(`${more.length - NAMED} more`);
  return new RowError(
    `row ${table} ${id} is not authentic: it was changed or put there by something other than Lockholm, or it ` +
      'comes from another data folder. Restore the last backup, and find out who can write to the store' +
      (others.length > 0 ? `. Neither are: ${others.join(', ')}` : ''),
  );
}

function deepFreeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
