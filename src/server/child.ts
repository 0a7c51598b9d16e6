/** One child process that is kept running: started, watched, started again, and stopped by its IPC channel. */
import type { ChildProcess, Serializable } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Log } from '../engine/protocol/log.ts';
import { Backoff, type BackoffOptions } from './backoff.ts';

export interface ChildPlan {
  readonly name: string;
  /** Called for each start. What it throws at a restart goes to `failed`, and ends the attempts. */
  spawn(): ChildProcess;
  failed(error: Error): void;
  message(message: unknown): void;
  /** The process is gone. False: do not start it again. */
  ended(code: number | null): boolean;
}

export class Child {
  readonly #plan: ChildPlan;
  readonly #log: Log;
  readonly #backoff: Backoff;
  #process: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(plan: ChildPlan, backoff: BackoffOptions, log: Log) {
    this.#plan = plan;
    this.#log = log;
    this.#backoff = new Backoff(backoff);
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  start(): void {
    const began = performance.now();
    const started = this.#plan.spawn();
    this.#process = started;
    started.on('message', (message) => this.#plan.message(message));
    // What is sent to a child that just died fails here; its exit follows. A program that cannot be run has none.
    started.on('error', (error) => {
      this.#log('child-error', { child: this.#plan.name, error: error.message });
      if (started.pid === undefined) this.#ended(null, null, performance.now() - began);
    });
    started.on('exit', (code, signal) => this.#ended(code, signal, performance.now() - began));
  }

  /** A socket that cannot be handed over is closed: its other end will see that. */
  send(message: Serializable, socket?: Socket): void {
    const running = this.#process;
    if (running === undefined || !running.connected) {
      socket?.destroy();
      return;
    }
    running.send(message, socket, {}, (error) => {
      if (error !== null) socket?.destroy();
    });
  }

  kill(): void {
    this.#process?.kill('SIGKILL');
  }

  /** Resolves when the process that runs now has ended. */
  async gone(): Promise<void> {
    const running = this.#process;
    if (running !== undefined) await new Promise((resolve) => running.once('exit', resolve));
  }

  /** Ends the child for good by closing its channel, or by force after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#restart);
    const running = this.#process;
    if (running?.connected) running.disconnect();
    const force = setTimeout(() => running?.kill('SIGKILL'), graceMs);
    await this.gone();
    clearTimeout(force);
  }

  #ended(code: number | null, signal: NodeJS.Signals | null, livedMs: number): void {
    this.#process = undefined;
    if (!this.#plan.ended(code) || this.#stopped) return;
    const waitMs = this.#backoff.next(livedMs);
    const end = signal ?? code ?? 'not started';
    this.#log('child-restart', { child: this.#plan.name, end, waitMs });
    this.#restart = setTimeout(() => {
      try {
        this.start();
      } catch (error) {
        this.#plan.failed(error as Error);
      }
    }, waitMs);
  }
}
