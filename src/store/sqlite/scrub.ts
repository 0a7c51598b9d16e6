/**
 * A worker that takes out of a copy of the store what no copy may hold, and what was deleted before it was made. A
 * vacuum writes every page anew, so that nothing is left of either (docs/decisions/erasing-by-vacuum.md).
 */
import { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';
import { uncopiedTables } from '../contract.ts';

const db = new DatabaseSync(workerData as string);
db.exec('PRAGMA journal_mode = DELETE; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF');
const drop = db.prepare('DELETE FROM row WHERE tbl = ?');
for (const table of uncopiedTables) drop.run(table);
db.exec('VACUUM');
db.close();
