/**
 * What every implementation refuses before it touches anything: a malformed change is an error of the program,
 * so these throw RangeError, not StoreError.
 */
import { type RowRef, type StoreChange, type Table, tables } from './contract.ts';

/** A bucket's name, a slash, and S3's longest key. */
const ID_BYTES = 1152;
const known: ReadonlySet<string> = new Set(tables);

export function checkTable(table: Table): void {
  if (!known.has(table)) throw new RangeError(`unknown table ${table}`);
}

/** Ids are compared by their UTF-8 bytes: a lone surrogate has none, and PostgreSQL's text holds no NUL. */
export function checkId(id: string): void {
  if (id === '' || !id.isWellFormed() || id.includes('\0') || Buffer.byteLength(id) > ID_BYTES)
    throw new RangeError(`a row id is 1 to ${ID_BYTES} bytes of well-formed Unicode without NUL`);
}

export function checkPrefix(prefix: string): void {
  if (prefix !== '') checkId(prefix);
}

export function checkLimit(limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError('a limit is a positive integer');
}

/** Decimal, within SQLite's and PostgreSQL's 64 bits. */
export function checkPosition(position: string): void {
  if (!/^(?:0|[1-9][0-9]{0,17})$/.test(position)) throw new RangeError('a position is a decimal integer');
}

function checkVersion(version: number, least: number): void {
  if (!Number.isSafeInteger(version) || version < least)
    throw new RangeError(`a row version is an integer from ${least}`);
}

export function checkChange(change: StoreChange): void {
  const written = new Set<string>();
  const write = ({ table, id, version }: RowRef & { readonly version: number }) => {
    checkTable(table);
    checkId(id);
    checkVersion(version, 1);
    const name = `${table}\0${id}`;
    if (written.has(name)) throw new RangeError(`row ${table} ${id} is written twice in one change`);
    written.add(name);
  };
  for (const row of change.put ?? []) write(row);
  for (const ref of change.delete ?? []) write(ref);
  for (const { table, id, version } of change.expect ?? []) {
    checkTable(table);
    checkId(id);
    checkVersion(version, 0);
  }
  if (change.event) checkId(change.event.id);
}
