/** Opens a store's database: refused before it is written to when it is not whole and of this version. */
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../contract.ts';
import { prepareFile } from './file.ts';
import { checkSchema, migrate } from './migrate.ts';

/** Reading a store of this size whole takes about half a second; damage in a larger one is found as it is read. */
const CHECKED_BYTES = 128 * 1024 * 1024;
const BUSY_MS = 5000;

const settings = [
  'journal_mode = WAL',
  // An answered commit survives a power cut (sqlite.org/pragma.html#pragma_synchronous); fullfsync is for macOS.
  'synchronous = FULL',
  'fullfsync = ON',
  'checkpoint_fullfsync = ON',
  'secure_delete = ON',
  // What a vacuum sorts out must not reach a temporary file elsewhere.
  'temp_store = MEMORY',
  'cell_size_check = ON',
  'trusted_schema = OFF',
  'cache_size = -32768',
  'journal_size_limit = 67108864',
];

function checkWhole(db: DatabaseSync, path: string): void {
  if (statSync(path).size > CHECKED_BYTES) return;
  const problem = Object.values(db.prepare('PRAGMA quick_check(1)').get() ?? {})[0];
  if (problem === 'ok') return;
  throw new StoreError(
    'corrupt',
    `store ${path} is damaged (${problem}); nothing was overwritten. Keep a copy of the folder and restore the ` +
      'last backup',
  );
}

/** On a connection that cannot write: closing another one would move the log of commits into a file we refuse. */
function checkReadOnly(path: string): void {
  const db = new DatabaseSync(path, { timeout: BUSY_MS, readOnly: true });
  try {
    checkSchema(db, path);
    checkWhole(db, path);
  } finally {
    db.close();
  }
}

export function openDatabase(path: string): DatabaseSync {
  prepareFile(path);
  checkReadOnly(path);
  const db = new DatabaseSync(path, { timeout: BUSY_MS, enableForeignKeyConstraints: false });
  try {
    for (const setting of settings) db.exec(`PRAGMA ${setting}`);
    migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
