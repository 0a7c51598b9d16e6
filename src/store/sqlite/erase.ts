/**
 * Makes deleted bytes unrecoverable from the store's files. secure_delete alone does not: when SQLite moves a
 * cell to another page, the old place keeps a copy until it is used again. A vacuum writes every page anew, and
 * the truncating checkpoint takes the old ones out of the log (docs/decisions/erasing-by-vacuum.md).
 */
import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../contract.ts';

export function erase(db: DatabaseSync): 'erased' {
  db.exec('VACUUM');
  const outcome = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
  if (outcome?.busy !== 0)
    throw new StoreError(
      'unavailable',
      'deleted rows are not yet erased: another process is reading the store; end it and try again',
    );
  return 'erased';
}
