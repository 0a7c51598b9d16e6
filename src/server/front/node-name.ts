/** The name of this node in the journal, for ever: made at the first start, kept in the data folder. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataFolderError } from '../../store/data-folder.ts';
import { writeFileDurable } from '../../store/durable-file.ts';

const FILE = 'node';
const FORM = /^node-[0-9a-f]{16}$/;

export async function nodeName(data: string): Promise<string> {
  const path = join(data, FILE);
  const name = (await readIfThere(path))?.trim();
  if (name === undefined) {
    const made = `node-${randomBytes(8).toString('hex')}`;
    await writeFileDurable(path, `${made}\n`, 0o600);
    return made;
  }
  if (!FORM.test(name))
    throw new DataFolderError('foreign', `${path} does not hold a node's name: restore it from a backup`);
  return name;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
