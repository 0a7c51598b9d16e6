/**
 * Keeps the two engines running, paired with each other and, through `onPair`, with a front. The first slow
 * engine is given the seal; after that a live engine unseals the other one, and the seal is opened again only
 * when none holds the root key.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { extname, join } from 'node:path';
import { FATAL_EXIT, type FromEngine, type Lane, lanes, type ToEngine } from '../engine/protocol/ipc.ts';
import type { Log } from '../engine/protocol/log.ts';
import { type BackoffOptions, defaultBackoff } from './backoff.ts';
import { Child, type ChildPlan } from './child.ts';
import { killHung, type Liveness, type LivenessTimes } from './liveness.ts';
import { makePair } from './pairs.ts';
import { engineFlags } from './sandbox.ts';

export interface EnginesOptions {
  /** A descriptor of the seal, closed here once an engine has it. Throwing ends the server. */
  openSeal(): number;
  /** The other end of each new pair with a lane, paused, and how often its engine was started again until now. */
  onPair(lane: Lane, socket: Socket, restarts: number): void;
  /** The lane's engine does not answer, and will be started again if it stays so; or it does answer again. */
  onSilent?(lane: Lane, silent: boolean): void;
  /** The engines cannot go on: an engine or its seal refused for good. */
  onFatal(message: string): void;
  readonly log: Log;
  readonly backoff?: BackoffOptions;
  readonly liveness?: LivenessTimes;
}

interface Engine {
  readonly child: Child;
  readonly liveness: Liveness;
  starts: number;
  ready: boolean;
  holdsRoot: boolean;
  /** A pair with a front is being made. */
  pairing: boolean;
}

const MAIN = join(import.meta.dirname, '..', 'engine', `main${extname(import.meta.filename)}`);
const SEAL_FD = 3;
const GRACE_MS = 1_000;

export class Engines {
  readonly #options: EnginesOptions;
  readonly #engines: Readonly<Record<Lane, Engine>>;
  #peering = false;
  #stopping = false;

  private constructor(options: EnginesOptions) {
    this.#options = options;
    this.#engines = { fast: this.#engine('fast'), slow: this.#engine('slow') };
  }

  /** Throws what `openSeal` throws, with nothing started. */
  static start(options: EnginesOptions): Engines {
    const engines = new Engines(options);
    engines.#engines.slow.child.start();
    engines.#engines.fast.child.start();
    return engines;
  }

  /** Makes a new pair with the lane, unless one is being made or will be when the engine is ready. */
  requestPair(lane: Lane): void {
    void this.#pairWithFront(lane);
  }

  pid(lane: Lane): number | undefined {
    return this.#engines[lane].child.pid;
  }

  /** Resolves when the engine that runs now has ended. */
  gone(lane: Lane): Promise<void> {
    return this.#engines[lane].child.gone();
  }

  /** By force after `graceMs`. */
  async stop(graceMs = GRACE_MS): Promise<void> {
    this.#stopping = true;
    for (const lane of lanes) this.#engines[lane].liveness.stop();
    await Promise.all(lanes.map((lane) => this.#engines[lane].child.stop(graceMs)));
  }

  /** Ends what a stop waits for. */
  hurry(): void {
    if (this.#stopping) for (const lane of lanes) this.#engines[lane].child.kill();
  }

  #engine(lane: Lane): Engine {
    const plan: ChildPlan = {
      name: `engine-${lane}`,
      spawn: () => this.#spawn(lane),
      failed: (error) => this.#options.onFatal(error.message),
      message: (message) => this.#hear(lane, message as FromEngine),
      ended: (code) => this.#ended(lane, code),
    };
    const child = new Child(plan, this.#options.backoff ?? defaultBackoff, this.#options.log);
    const liveness = this.#liveness(plan.name, lane, child);
    return { child, liveness, starts: 0, ready: false, holdsRoot: false, pairing: false };
  }

  #liveness(name: string, lane: Lane, child: Child): Liveness {
    const { log, liveness, onSilent } = this.#options;
    const ask = () => this.#hand(lane, { type: 'ping' });
    const silent = (isSilent: boolean) => onSilent?.(lane, isSilent);
    return killHung(name, child, { log, ask, silent }, liveness);
  }

  #spawn(lane: Lane): ChildProcess {
    const engine = this.#engines[lane];
    engine.starts += 1;
    const started = this.#spawnProcess(lane);
    engine.liveness.watch();
    return started;
  }

  #spawnProcess(lane: Lane): ChildProcess {
    const needsSeal = lane === 'slow' && !this.#engines.fast.holdsRoot;
    if (!needsSeal) return startEngine(lane);
    const fd = this.#options.openSeal();
    try {
      return startEngine(lane, fd);
    } finally {
      closeSync(fd);
    }
  }

  #hear(lane: Lane, message: FromEngine): void {
    const engine = this.#engines[lane];
    if (message.type === 'pong') engine.liveness.answered();
    if (message.type === 'root-held') engine.holdsRoot = true;
    if (message.type === 'peer-lost') void this.#pairEngines();
    if (message.type !== 'ready') return;
    engine.ready = true;
    void this.#pairEngines();
    void this.#pairWithFront(lane);
  }

  #ended(lane: Lane, code: number | null): boolean {
    const engine = this.#engines[lane];
    engine.ready = false;
    engine.holdsRoot = false;
    engine.liveness.stop();
    if (this.#stopping) return false;
    if (code === FATAL_EXIT) {
      this.#options.onFatal(`the ${lane} engine refused to go on`);
      return false;
    }
    if (lane === 'fast') this.#freeStrandedSlowLane();
    return true;
  }

  /** A slow engine that waits for the root key of a fast one which just died is started anew, with the seal. */
  #freeStrandedSlowLane(): void {
    const { slow } = this.#engines;
    if (!slow.holdsRoot) slow.child.kill();
  }

  async #pairEngines(): Promise<void> {
    const { fast, slow } = this.#engines;
    if (this.#peering || this.#stopping || !fast.ready || !slow.ready) return;
    this.#peering = true;
    const pair = await this.#makePair();
    this.#peering = false;
    if (pair === undefined) return;
    this.#hand('fast', { type: 'peer' }, pair[0]);
    this.#hand('slow', { type: 'peer' }, pair[1]);
  }

  async #pairWithFront(lane: Lane): Promise<void> {
    const engine = this.#engines[lane];
    if (engine.pairing || this.#stopping || !engine.ready) return;
    engine.pairing = true;
    const pair = await this.#makePair();
    engine.pairing = false;
    if (pair === undefined) return;
    this.#hand(lane, { type: 'front' }, pair[1]);
    this.#options.onPair(lane, pair[0], engine.starts - 1);
  }

  async #makePair(): Promise<readonly [Socket, Socket] | undefined> {
    try {
      return await makePair();
    } catch (error) {
      this.#options.onFatal(`no pair of sockets can be made: ${(error as Error).message}`);
      return undefined;
    }
  }

  #hand(lane: Lane, message: ToEngine, socket?: Socket): void {
    this.#engines[lane].child.send(message, socket);
  }
}

function startEngine(lane: Lane, seal?: number): ChildProcess {
  const arguments_ = seal === undefined ? [lane] : [lane, String(SEAL_FD)];
  return spawn(process.execPath, [...engineFlags(), MAIN, ...arguments_], {
    cwd: '/',
    env: {},
    stdio: ['ignore', 'ignore', 'inherit', seal ?? 'ignore', 'ipc'],
  });
}
