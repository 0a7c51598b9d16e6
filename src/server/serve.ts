/** `lockholm serve`: takes the data folder, makes the seal of a new one, and starts the supervisor. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Served } from '../cli/serve.ts';
import { lockholmVersion } from '../cli/version.ts';
import type { JsonObject } from '../core/json.ts';
import { createSealFile } from '../engine/seal/file.ts';
import { openDataFolder } from '../store/data-folder.ts';
import { lockDataFolder } from '../store/data-lock.ts';
import { checkFirstStart, requireSealFolder } from './before-first-start.ts';
import { withRoom } from './room-to-start.ts';
import type { Settings } from './settings.ts';
import { startSupervisor } from './supervisor.ts';
import { requireWholeFolder } from './whole-folder.ts';

/** Threads wait for the disk on behalf of many objects at once: with four, each waits for the syncs of others. */
const frontEnvironment = { TZ: 'UTC', UV_THREADPOOL_SIZE: '16' };
const FRONT = join(import.meta.dirname, `front${import.meta.filename.slice(-3)}`);

/** Rejects with an error that says what to do, and then has started nothing. */
export async function serve(settings: Settings): Promise<Served> {
  await checkFirstStart(settings);
  const { data, unlock } = await withRoom(settings, () => takeFolder(settings));
  const { promise: ready, resolve } = Promise.withResolvers<string>();
  let refusal: string | undefined;
  const supervisor = startSupervisor({
    front: { main: FRONT, argv: [], settings: plainData({ ...settings, data }), env: frontEnvironment },
    data,
    sealFile: settings.seal,
    drainMs: settings.drainTimeout * 1000,
    onReady: resolve,
    onRefused: (message) => {
      refusal = message;
    },
  });
  endWithStarter(() => supervisor.stop());
  return {
    ready: ready.then((endpoint) => ({
      version: lockholmVersion(),
      endpoint,
      data,
      seal: settings.seal,
      sealBesideData: dirname(settings.seal) === data,
    })),
    stopped: supervisor.stopped.finally(unlock).then((exitCode) => ({ exitCode, refusal })),
  };
}

/** Marked, locked, and with a seal where one is to be made. */
async function takeFolder(settings: Settings): Promise<{ data: string; unlock: () => void }> {
  const { path: data } = await openDataFolder(settings.data);
  requireWholeFolder(data);
  const unlock = await lockDataFolder(data, 'lock');
  if (!holdsData(data) && !existsSync(settings.seal)) createSeal(settings.seal);
  return { data, unlock };
}

const plainData = (settings: Settings): JsonObject => JSON.parse(JSON.stringify(settings)) as JsonObject;

/** Whoever starts a server with an IPC channel, as `npm run up` does, takes it along when it is killed. */
function endWithStarter(stop: () => void): void {
  if (process.channel === undefined) return;
  process.once('disconnect', stop);
  // It alone keeps no process running.
  process.channel.unref();
  if (!process.connected) stop();
}

/** A seal is made for a new folder alone: data whose seal is missing needs that seal, not another. */
const holdsData = (data: string): boolean =>
  ['lockholm.db', 'journal'].some((name) => existsSync(join(data, name)));

function createSeal(path: string): void {
  requireSealFolder(path);
  createSealFile(path);
}
