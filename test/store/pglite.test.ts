import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { PGlite } from '@electric-sql/pglite';
import { emptyPglite, PgliteStore } from './pglite-store.ts';
import { storeSuite } from './suite.ts';
import { temporaryFolder } from './temporary.ts';

/** Starting PGlite takes a second: the tests share one, emptied for each. */
let pg: PGlite;
before(async () => {
  pg = await PGlite.create();
});
after(() => pg.close());

storeSuite('store on PGlite', async () => {
  const folder = await temporaryFolder();
  await emptyPglite(pg);
  return {
    store: new PgliteStore(pg, false),
    backupPath: join(folder.path, 'backup.tar'),
    reopen: async () => new PgliteStore(pg, false),
    async openBackup(path) {
      const loadDataDir = new Blob([await readFile(path)]);
      return new PgliteStore(await PGlite.create({ loadDataDir }), true);
    },
    destroy: () => folder.remove(),
  };
});
