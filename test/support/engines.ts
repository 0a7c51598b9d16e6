/** Real engines in their sandbox, under the supervisor's own code, with a temporary seal and a loaded domain. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineClient, type EngineClientOptions } from '../../src/engine/protocol/client.ts';
import type { Lane } from '../../src/engine/protocol/ipc.ts';
import { createSealFile, openSealFile } from '../../src/engine/seal/file.ts';
import { Engines } from '../../src/server/engines.ts';

export interface TestEngines {
  readonly engine: EngineClient;
  /** The file that holds the root key. */
  readonly sealPath: string;
  /** The last domain state that was loaded through here. */
  readonly domainBlob: () => Uint8Array;
  readonly pid: (lane: Lane) => number | undefined;
  /** SIGKILL; resolves when the process is gone. It is started again at once. */
  killLane(lane: Lane): Promise<void>;
  /** Loads a state that the engine proposed, and remembers it for an engine that starts sealed. */
  loadDomain(blob: Uint8Array): Promise<void>;
  /** A new pair with the lane, beside the client's: to speak to the engine in raw bytes. */
  rawPair(lane: Lane): Promise<Socket>;
  /** How often an engine was given the seal. */
  readonly sealUses: () => number;
  stop(): Promise<void>;
}

export type TestEngineOptions = Partial<Omit<EngineClientOptions, 'onPairLost'>> & {
  /** Without: no domain is created. */
  readonly domain?: boolean;
};

/** Kills in quick succession are what tests do: no waiting between restarts. */
const backoff = { firstMs: 10, capMs: 10, stableMs: 0 };

export async function startEngines(options: TestEngineOptions = {}): Promise<TestEngines> {
  const folder = mkdtempSync(join(tmpdir(), 'lockholm-test-'));
  const sealPath = join(folder, 'seal');
  createSealFile(sealPath);
  let blob: Uint8Array = Buffer.alloc(0);
  let sealUses = 0;
  // Until the client has its first pair of a lane, one that a test asks for would be that one.
  const paired = { fast: Promise.withResolvers<void>(), slow: Promise.withResolvers<void>() };
  const wanted: { readonly lane: Lane; readonly take: (socket: Socket) => void }[] = [];
  const engine: EngineClient = new EngineClient({
    ...options,
    onPairLost: (lane) => engines.requestPair(lane),
    onOpen(lane, hello) {
      options.onOpen?.(lane, hello);
      // A failure shows in the calls that then stay without an answer.
      if (lane === 'slow' && hello.sealed && blob.length > 0) {
        engine.call('loadDomain', { blob }).catch(() => undefined);
      }
    },
  });
  const engines = Engines.start({
    openSeal() {
      sealUses += 1;
      return openSealFile(sealPath);
    },
    onPair(lane, socket) {
      const at = wanted.findIndex((one) => one.lane === lane);
      if (at === -1) {
        engine.attach(lane, socket);
        paired[lane].resolve();
      } else wanted.splice(at, 1)[0]?.take(socket);
    },
    onFatal: (message) => {
      throw new Error(message);
    },
    log: () => undefined,
    backoff,
  });
  await Promise.all([paired.fast.promise, paired.slow.promise]);
  const loadDomain = async (proposed: Uint8Array): Promise<void> => {
    blob = proposed;
    await engine.call('loadDomain', { blob });
  };
  if (options.domain !== false) await loadDomain((await engine.call('createDomain', {})).blob);
  return {
    engine,
    sealPath,
    loadDomain,
    domainBlob: () => blob,
    pid: (lane) => engines.pid(lane),
    sealUses: () => sealUses,
    rawPair: (lane) =>
      new Promise((resolve) => {
        wanted.push({ lane, take: resolve });
        engines.requestPair(lane);
      }),
    async killLane(lane) {
      const gone = engines.gone(lane);
      const pid = engines.pid(lane);
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      await gone;
    },
    async stop() {
      engine.close();
      await engines.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
