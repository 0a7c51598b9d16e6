/** Files that commands read and write; new ones are their owner's alone. */
import { open, readFile, unlink, writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { EXIT_USAGE, Failure } from '../failure.ts';
import { STDIN } from './secrets.ts';

const reason = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? (error as Error).message;

export async function readInput(path: string): Promise<Buffer> {
  try {
    return path === STDIN ? await buffer(process.stdin) : await readFile(path);
  } catch (error) {
    throw new Failure(`${path} cannot be read (${reason(error)}).`, EXIT_USAGE, error);
  }
}

export type WriteOnce = (content: Uint8Array | string) => Promise<void>;

/**
 * Makes the file before `work` asks an HSM for what goes into it, so that nothing that is given once is lost to a wrong
 * path; takes it away if nothing came. A file that is there already is left alone.
 */
export async function intoNewFile<T>(path: string, work: (write: WriteOnce) => Promise<T>): Promise<T> {
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    throw notMade(path, error);
  });
  let written = false;
  try {
    return await work(async (content) => {
      written = true;
      await file.writeFile(content);
      await file.sync();
    });
  } finally {
    await file.close();
    if (!written) await unlink(path);
  }
}

function notMade(path: string, error: unknown): Failure {
  const taken = (error as NodeJS.ErrnoException).code === 'EEXIST';
  const why = taken ? 'is there already: name another, or move it away' : `cannot be made (${reason(error)})`;
  return new Failure(`The file ${path} ${why}. Nothing was done.`, EXIT_USAGE, error);
}

export async function writeOutput(path: string, content: Uint8Array): Promise<void> {
  try {
    if (path === STDIN) process.stdout.write(content);
    else await writeFile(path, content, { mode: 0o600 });
  } catch (error) {
    throw new Failure(`${path} cannot be written (${reason(error)}).`, undefined, error);
  }
}
