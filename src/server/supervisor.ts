/**
 * `lockholm serve` as the operating system sees it: starts the engines and the front as siblings, joins them by
 * pairs of sockets, starts again what dies, and stops everything in order. No request passes through it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { JsonObject } from '../core/json.ts';
import { FATAL_EXIT, type Lane, lanes } from '../engine/protocol/ipc.ts';
import { type Log, logTo } from '../engine/protocol/log.ts';
import { openSealFile } from '../engine/seal/file.ts';
import { type BackoffOptions, defaultBackoff } from './backoff.ts';
import { Child } from './child.ts';
import { Engines } from './engines.ts';
import { HsmHosting } from './hsm-hosting.ts';
import { isFromFront, type ToFront } from './ipc.ts';
import { killHung, type Liveness, type LivenessTimes } from './liveness.ts';

export interface SupervisorOptions {
  readonly front: {
    readonly main: string;
    readonly argv: readonly string[];
    /** Sent to it first. Arguments would be readable by all users of the machine, and have a length. */
    readonly settings: JsonObject;
    readonly env: Readonly<NodeJS.ProcessEnv>;
  };
  /** The data folder, for the files of HSMs. */
  readonly data: string;
  /** Path of the file seal, which exists: see createSealFile. */
  readonly sealFile: string;
  /** Milliseconds that the front may take to drain. Default 10,000. */
  readonly drainMs?: number;
  readonly backoff?: BackoffOptions;
  /** How a hung front and hung engines are found. */
  readonly liveness?: LivenessTimes;
  readonly log?: Log;
  /** The front serves, at first and after each restart of it. */
  readonly onReady?: (endpoint: string) => void;
  /** The front cannot start, and this says what to do; everything stops then. */
  readonly onRefused?: (message: string) => void;
}

export interface Supervisor {
  /** The exit code, once every child is gone: 0 after a stop, 1 when something could not go on. */
  readonly stopped: Promise<number>;
  /** Drains and stops, as SIGTERM and SIGINT do. A second call waits for nobody. */
  stop(): void;
  /** For status and tests; absent while that child is being started again. */
  pid(child: Lane | 'front' | 'hsm-host'): number | undefined;
}

const DRAIN_MS = 10_000;
const GRACE_MS = 1_000;
const signals = ['SIGTERM', 'SIGINT'] as const;

/** Throws SealError, with nothing started, when the seal cannot be used. */
export function startSupervisor(options: SupervisorOptions): Supervisor {
  return new Running(options);
}

class Running implements Supervisor {
  readonly stopped: Promise<number>;
  readonly #options: SupervisorOptions;
  readonly #log: Log;
  readonly #front: Child;
  readonly #liveness: Liveness;
  readonly #engines: Engines;
  readonly #hsms: HsmHosting;
  readonly #finished: (code: number) => void;
  readonly #onSignal = (): void => this.stop();
  #stopping = false;
  /** When a stop is to wait for nobody. */
  #graceMs: 0 | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#log = options.log ?? logTo('supervisor');
    const { promise, resolve } = Promise.withResolvers<number>();
    this.stopped = promise;
    this.#finished = resolve;
    const backoff = options.backoff ?? defaultBackoff;
    this.#engines = Engines.start({
      openSeal: () => openSealFile(options.sealFile),
      onPair: (lane, socket, restarts) => this.#tellFront({ type: 'engine', lane, restarts }, socket),
      onSilent: (lane, silent) => this.#tellFront({ type: 'silent', lane, silent }),
      onFatal: (message) => this.#fail(message),
      log: this.#log,
      backoff,
      ...(options.liveness !== undefined && { liveness: options.liveness }),
    });
    this.#hsms = new HsmHosting({
      data: options.data,
      sealFile: options.sealFile,
      onPair: (socket) => this.#tellFront({ type: 'hsm-host' }, socket),
      onFatal: (message) => this.#fail(message),
      log: this.#log,
      backoff,
    });
    const plan = {
      name: 'front',
      spawn: () => this.#spawnFront(),
      failed: (error: Error) => this.#fail(error.message),
      message: (message: unknown) => {
        if (!isFromFront(message)) return;
        if (message.type === 'pong') this.#liveness.answered();
        else if (message.type === 'ready') options.onReady?.(message.endpoint);
        else if (message.type === 'refused') options.onRefused?.(message.message);
        else if (message.type === 'hsm-host-wanted') this.#hsms.requestPair();
        else this.#engines.requestPair(message.lane);
      },
      ended: (code: number | null) => this.#frontEnded(code),
    };
    this.#front = new Child(plan, backoff, this.#log);
    this.#liveness = killHung(
      plan.name,
      this.#front,
      { log: this.#log, ask: () => this.#tellFront({ type: 'ping' }) },
      options.liveness,
    );
    for (const signal of signals) process.on(signal, this.#onSignal);
    this.#front.start();
  }

  stop(): void {
    if (this.#stopping) {
      this.#graceMs = 0;
      this.#front.kill();
      this.#hsms.hurry();
      this.#engines.hurry();
      return;
    }
    void this.#shutDown(0, this.#options.drainMs ?? DRAIN_MS);
  }

  pid(child: Lane | 'front' | 'hsm-host'): number | undefined {
    if (child === 'hsm-host') return this.#hsms.pid;
    return child === 'front' ? this.#front.pid : this.#engines.pid(child);
  }

  #spawnFront(): ChildProcess {
    const { main, argv, settings, env } = this.#options.front;
    // A debugger's port would be open to every user of the machine.
    const front = spawn(process.execPath, ['--disable-sigusr1', main, ...argv], {
      env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const first: ToFront = { type: 'settings', settings };
    // What is sent to a front that just died fails here; its exit follows.
    front.send(first, undefined, {}, () => undefined);
    this.#liveness.watch();
    // Engines that are not ready yet follow by themselves.
    for (const lane of lanes) this.#engines.requestPair(lane);
    return front;
  }

  #tellFront(message: ToFront, socket?: Socket): void {
    this.#front.send(message, socket);
  }

  #frontEnded(code: number | null): boolean {
    this.#liveness.stop();
    if (this.#stopping) return false;
    if (code !== FATAL_EXIT) return true;
    this.#fail('the front refused to start');
    return false;
  }

  #fail(message: string): void {
    if (this.#stopping) return;
    this.#log('fatal', { message });
    void this.#shutDown(1, 0);
  }

  async #shutDown(code: number, drainMs: number): Promise<void> {
    this.#stopping = true;
    if (drainMs > 0) await this.#drain(drainMs);
    await this.#front.stop(this.#graceMs ?? GRACE_MS);
    await this.#hsms.stop(this.#graceMs);
    await this.#engines.stop(this.#graceMs);
    for (const signal of signals) process.off(signal, this.#onSignal);
    this.#finished(code);
  }

  /** The front ends by itself once it has answered what it accepted. */
  async #drain(drainMs: number): Promise<void> {
    this.#tellFront({ type: 'drain' });
    const tooLong = setTimeout(() => {
      this.#log('drain-timeout', { drainMs });
      this.#front.kill();
    }, drainMs);
    await this.#front.gone();
    clearTimeout(tooLong);
  }
}
