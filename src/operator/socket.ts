/**
 * Where the operator's socket is, for the server that makes it and for the commands that open it:
 * docs/decisions/operator-service.md. Only the server's user, and root, may open it.
 */
import { chmod, lstat, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeFileDurable } from '../store/durable-file.ts';

/** sizeof(sun_path) - 1 on Linux and macOS. */
const MAX_PATH = process.platform === 'darwin' ? 103 : 107;
const SOCKET = 'operator.sock';
/** In the data folder, where the path of a socket there would be too long: `{"socket": "<path>"}`. */
const POINTER = 'operator.json';
const OTHERS = 0o077;

const fits = (path: string): boolean => Buffer.byteLength(path) <= MAX_PATH;

/**
 * Makes the socket by `listen` and gives it its place; a socket that a killed server left there is replaced. The
 * caller holds the data folder's lock. Resolves with a function that removes it.
 */
export async function placeOperatorSocket(
  data: string,
  listen: (path: string) => Promise<unknown>,
): Promise<() => Promise<void>> {
  const place = join(data, SOCKET);
  const folder = fits(place) ? data : await privateFolder(data);
  const path = join(folder, SOCKET);
  // No longer than the place itself, so that it fits where that does.
  const making = await mkdtemp(join(folder, 'o-'));
  try {
    const unnamed = join(making, 's');
    await listen(unnamed);
    await chmod(unnamed, 0o600);
    await rename(unnamed, path);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return () => rm(path, { force: true });
}

/** The path to connect to; undefined when no server has made one. Rejects when it may be somebody else's. */
export async function findOperatorSocket(data: string): Promise<string | undefined> {
  const place = join(data, SOCKET);
  if (fits(place)) return place;
  const path = await readPointer(data);
  if (path !== undefined && (await isPrivate(dirname(path), (await stat(data)).uid))) return path;
  return undefined;
}

/** The one that an earlier start made, where it is still there and ours. */
async function privateFolder(data: string): Promise<string> {
  const earlier = await readPointer(data);
  const uid = (await stat(data)).uid;
  if (earlier !== undefined && (await isPrivate(dirname(earlier), uid))) return dirname(earlier);
  const folder = await mkdtemp(
    join(fits(join(tmpdir(), 'lockholm-XXXXXX', SOCKET)) ? tmpdir() : '/tmp', 'lockholm-'),
  );
  await writeFileDurable(join(data, POINTER), `${JSON.stringify({ socket: join(folder, SOCKET) })}\n`, 0o600);
  return folder;
}

async function readPointer(data: string): Promise<string | undefined> {
  const text = await readFile(join(data, POINTER), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  return text === undefined ? undefined : socketOf(text);
}

function socketOf(text: string): string | undefined {
  try {
    const { socket } = JSON.parse(text) as { readonly socket?: unknown };
    return typeof socket === 'string' ? socket : undefined;
  } catch {
    return undefined;
  }
}

/** Temporary folders are anybody's to make: only one that the data folder's owner has for itself is trusted. */
async function isPrivate(folder: string, uid: number): Promise<boolean> {
  try {
    const found = await lstat(folder);
    return found.isDirectory() && found.uid === uid && (found.mode & OTHERS) === 0;
  } catch {
    return false;
  }
}
