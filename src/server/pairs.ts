/**
 * Pairs of connected sockets, to be handed to two children over IPC. Made on a Unix socket in a folder that only
 * this user can enter, which is gone when the pair is there. Both ends are paused: nothing early is lost.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** sizeof(sun_path) - 1. */
const MAX_PATH = 107;
const SOCKET = 'pair';

export async function makePair(): Promise<readonly [Socket, Socket]> {
  // mkdtemp makes it 0700.
  const folder = mkdtempSync(join(shortTemporaryFolder(), 'lockholm-'));
  const server = createServer({ pauseOnConnect: true });
  try {
    const path = join(folder, SOCKET);
    server.listen(path);
    await once(server, 'listening');
    const near = createConnection(path);
    near.pause();
    const [[far]] = await Promise.all([once(server, 'connection'), once(near, 'connect')]);
    return [near, far as Socket];
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A long TMPDIR would leave no room for the socket's name. */
function shortTemporaryFolder(): string {
  const longest = join(tmpdir(), 'lockholm-XXXXXX', SOCKET);
  return Buffer.byteLength(longest) <= MAX_PATH ? tmpdir() : '/tmp';
}
