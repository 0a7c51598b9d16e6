import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore, type SqliteOptions } from '../../src/store/sqlite/store.ts';
import type { OpenStore } from './suite.ts';

export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'lockholm-store-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A SQLite store in a folder of its own. */
export async function temporaryStore(
  options?: SqliteOptions,
): Promise<OpenStore & { readonly file: string }> {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'store.db');
  let store = await openSqliteStore(file, options);
  return {
    store,
    file,
    backupPath: join(folder.path, 'backup.db'),
    async reopen() {
      await store.close();
      store = await openSqliteStore(file, options);
      return store;
    },
    openBackup: (path) => openSqliteStore(path),
    async destroy() {
      await store.close();
      await folder.remove();
    },
  };
}
