/** The name of this node in the journal, for ever: made at the first start, kept in the data folder. */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { journalPath, nodePath } from '../../operator/data-files.ts';
import { DataFolderError } from '../../store/data-folder.ts';
import { readIfThere, writeFileDurable } from '../../store/durable-file.ts';

const FORM = /^node-[0-9a-f-]{16,36}$/;

export async function nodeName(data: string): Promise<string> {
  const path = nodePath(data);
  const name = (await readIfThere(path))?.trim();
  if (name === undefined) {
    const made = `node-${randomUUID()}`;
    // The name is the last thing that a new folder gets: whole-folder.ts.
    await mkdir(journalPath(data), { recursive: true, mode: 0o700 });
    await writeFileDurable(path, `${made}\n`, 0o600);
    return made;
  }
  if (!FORM.test(name))
    throw new DataFolderError('foreign', `${path} does not hold a node's name: restore it from a backup`);
  return name;
}
