/**
 * Whether a data folder still has what its server made at the first start: the database, then the journal's folder,
 * then the node's name, which therefore shows that there were all three. What is missing is never made anew beside
 * the rest: that would look like a server that has lost nothing.
 */
import { existsSync, readdirSync } from 'node:fs';
import { journalPath, nodePath, storePath } from '../operator/data-files.ts';
import { DataFolderError } from '../store/data-folder.ts';

const RESTORE =
  'or restore a backup into a new folder with `lockholm backup restore BACKUP --data NEW-FOLDER --journal OLD-JOURNAL`';

/** Throws DataFolderError `foreign`, which names what is missing and says what to do. */
export function requireWholeFolder(data: string): void {
  const [store, journal, node] = [storePath(data), journalPath(data), nodePath(data)];
  const hasJournal = holdsEvents(journal);
  if (!existsSync(store) && (existsSync(node) || hasJournal)) throw missing(store, `Put it back, ${RESTORE}`);
  if (!existsSync(node) && hasJournal)
    throw missing(node, `Put it back: ${journal} begins with the name that it holds`);
  if (!existsSync(journal) && existsSync(node))
    throw missing(
      journal,
      `Put it back, ${RESTORE}. If it is lost for good, make an empty folder in its place: the new journal says that ` +
        'the older one is missing',
    );
}

const missing = (path: string, advice: string): DataFolderError =>
  new DataFolderError('foreign', `${path} is missing. ${advice}. Nothing was changed`);

const holdsEvents = (journal: string): boolean =>
  existsSync(journal) && readdirSync(journal).some((name) => name.endsWith('.log'));
