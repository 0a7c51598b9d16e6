/** Files of a data folder that others than its owner may open: the folder's own mode is one `chmod` from being wide. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const OTHERS = 0o077;
/** What Lockholm makes; the seal is left to those who read it, as it may be elsewhere. */
const OURS =
  /^(?:VERSION|lockholm\.db.*|journal|objects|hsm(?:-marks|-backups)?|node|credentials.*|config|operator\.json|restore\.json|(?:front-)?lock\.(?:db|pid).*)$/;

/** Relative paths. A symbolic link has no mode of its own: its target is not looked at. */
export async function openToOthers(data: string): Promise<readonly string[]> {
  const names = (await readdir(data)).filter((name) => OURS.test(name));
  const inJournal = names.includes('journal') ? await namesIn(join(data, 'journal')) : [];
  const found: string[] = [];
  for (const name of [...names, ...inJournal.map((inside) => join('journal', inside))]) {
    const facts = await lstat(join(data, name)).catch(ifGone);
    if (facts !== undefined && !facts.isSymbolicLink() && (facts.mode & OTHERS) !== 0) found.push(name);
  }
  return found;
}

const namesIn = (folder: string): Promise<readonly string[]> =>
  readdir(folder).catch((error: NodeJS.ErrnoException) => {
    // A file in its place, or a link that leads nowhere, is told by whoever opens the journal.
    if (error.code === 'ENOTDIR' || error.code === 'ENOENT') return [];
    throw error;
  });

/** What another server holds may go while this looks. */
function ifGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
