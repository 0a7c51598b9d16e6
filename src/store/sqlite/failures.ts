/** From SQLite's result codes (sqlite.org/rescode.html) to the store's errors. */
import { StoreError, type StoreErrorCode } from '../contract.ts';

/** After a fatal failure nothing more is read or written until the store is opened again. */
export interface Diagnosis {
  readonly error: StoreError;
  readonly fatal: boolean;
}

interface Rule {
  readonly code: StoreErrorCode;
  readonly fatal: boolean;
  readonly advice: string;
}

const FULL = 13;
const corrupt: Rule = {
  code: 'corrupt',
  fatal: true,
  advice:
    'the store file is damaged; nothing was overwritten. Keep a copy of the folder and restore the last backup',
};
const rules: ReadonlyMap<number, Rule> = new Map([
  [
    5,
    {
      code: 'unavailable',
      fatal: false,
      advice: 'another process has the store locked; end it and try again',
    },
  ],
  [
    8,
    { code: 'unavailable', fatal: true, advice: 'the store file can no longer be written; look at the disk' },
  ],
  // A failed sync may have dropped pages from the cache: what the file holds is known only after opening it again.
  [
    10,
    { code: 'unavailable', fatal: true, advice: 'the disk failed; look at it, then start the server again' },
  ],
  [11, corrupt],
  [FULL, { code: 'full', fatal: false, advice: 'no space is left for the store; free some and try again' }],
  [14, { code: 'unavailable', fatal: true, advice: 'the store file cannot be opened; look at the folder' }],
  [19, { code: 'conflict', fatal: false, advice: 'an event of this id is in the outbox already' }],
  [26, corrupt],
]);

const resultCode = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode
    : undefined;

/** The message names the result code and what to do, never a row's content. */
export function diagnose(error: unknown, path: string): Diagnosis {
  if (error instanceof StoreError) return { error, fatal: false };
  const code = resultCode(error);
  const rule = code === undefined ? undefined : rules.get(code & 0xff);
  const detail = error instanceof Error ? error.message : String(error);
  if (!rule) return { error: new StoreError('unavailable', `store ${path}: ${detail}`, error), fatal: false };
  const message = `store ${path}: ${rule.advice} (SQLite ${code}: ${detail})`;
  return { error: new StoreError(rule.code, message, error), fatal: rule.fatal };
}
