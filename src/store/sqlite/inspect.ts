/** Reads a store's file that no server uses, such as a backup: without writing to it or beside it. */
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { type Row, StoreError } from '../contract.ts';
import { diagnose } from './failures.ts';
import { checkSchema, schemaOf } from './migrate.ts';
import { Reads } from './reads.ts';

export interface StoreFacts {
  readonly schema: number;
  /** Of the last commit. */
  readonly position: string;
  /** The row that holds the sealed domain state. */
  readonly domain: Row | undefined;
}

/**
 * `thorough` reads the whole file and checks it (sqlite.org/pragma.html#pragma_integrity_check). Throws StoreError
 * `corrupt` or `newer-schema`.
 */
export function inspectStore(path: string, thorough: boolean): StoreFacts {
  // Nobody writes to the file, so SQLite needs neither locks nor a log beside it (sqlite.org/uri.html).
  const location = pathToFileURL(path);
  location.searchParams.set('immutable', '1');
  try {
    const db = new DatabaseSync(location, { readOnly: true });
    try {
      checkSchema(db, path);
      if (thorough) checkIntegrity(db, path);
      const reads = new Reads(db);
      return { schema: schemaOf(db), position: reads.meta('position'), domain: reads.get('domain', 'state') };
    } finally {
      db.close();
    }
  } catch (error) {
    throw diagnose(error, path).error;
  }
}

function checkIntegrity(db: DatabaseSync, path: string): void {
  const problem = Object.values(db.prepare('PRAGMA integrity_check(1)').get() ?? {})[0];
  if (problem !== 'ok') throw new StoreError('corrupt', `${path} is damaged: ${problem}`);
}
