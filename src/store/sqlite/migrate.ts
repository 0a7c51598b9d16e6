/** The schema's versions, each a file of SQL; the database says in PRAGMA user_version which it has. */
import { readdirSync, readFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../contract.ts';

const folder = new URL('./migrations/', import.meta.url);
/** "LkHm": sqlite.org/fileformat2.html, section 1.2.17. */
const APPLICATION_ID = 0x4c6b486d;

interface Migration {
  readonly version: number;
  readonly sql: string;
}

function migrations(): readonly Migration[] {
  const names = readdirSync(folder).filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name));
  return names.sort().map((name, index) => {
    const version = Number(name.slice(0, 4));
    if (version !== index + 1) throw new Error(`migration ${name} is out of order`);
    return { version, sql: readFileSync(new URL(name, folder), 'utf8') };
  });
}

const pragma = (db: DatabaseSync, name: string): number =>
  Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);

export const schemaOf = (db: DatabaseSync): number => pragma(db, 'user_version');

/** Throws before anything is written when the file is not a store of this or an earlier version. */
export function checkSchema(db: DatabaseSync, path: string): void {
  const version = schemaOf(db);
  const newest = migrations().length;
  const blank = version === 0 && db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n === 0;
  if (!blank && pragma(db, 'application_id') !== APPLICATION_ID)
    throw new StoreError('corrupt', `${path} is a database of another program; nothing was changed in it`);
  if (version > newest)
    throw new StoreError(
      'newer-schema',
      `store ${path} has schema ${version}, this Lockholm knows schemas up to ${newest}: run the Lockholm that ` +
        'wrote it or a later one, or restore a backup made before the upgrade. Nothing was changed',
    );
}

export function migrate(db: DatabaseSync): void {
  const current = schemaOf(db);
  for (const { version, sql } of migrations().filter((each) => each.version > current)) {
    db.exec(
      `BEGIN IMMEDIATE; ${sql}; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version}; COMMIT`,
    );
  }
}
