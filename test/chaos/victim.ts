/** A server that is killed again and again, on one data folder and port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../support/random.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { kill, type Part, partsOf, survivors } from './processes.ts';

/** `engines`: both at once. `start`: the server, and the one that is started next before it serves. */
export const targets = ['server', 'front', 'fast', 'slow', 'engines', 'start'] as const;
export type Target = (typeof targets)[number];

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const PATIENCE_MS = 20_000;
const START_MS = 700;

export class Victim {
  readonly data: string;
  readonly #random: Random;
  #server: TestServer;

  private constructor(data: string, server: TestServer, random: Random) {
    this.data = data;
    this.#server = server;
    this.#random = random;
  }

  static async start(data: string, random: Random): Promise<Victim> {
    return new Victim(data, await startServer({ data }), random);
  }

  get server(): TestServer {
    return this.#server;
  }

  async kill(target: Target): Promise<void> {
    if (target === 'server' || target === 'start') await this.#killServer(target === 'start');
    else {
      const victims: readonly Part[] = target === 'engines' ? ['fast', 'slow'] : [target];
      const pids = partsOf(this.#server.pid);
      for (const pid of victims.map((part) => pids.get(part))) if (pid !== undefined) kill(pid);
    }
  }

  /** Resolves when it serves again. Rejects when that takes too long. */
  async healthy(): Promise<void> {
    for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline; await sleep(20)) {
      const response = await fetch(`${this.#server.endpoint}/healthz`).catch(() => undefined);
      await response?.body?.cancel();
      if (response?.status === 200) return;
    }
    throw new Error(`not healthy again in ${PATIENCE_MS} ms`);
  }

  /** No child outlives the server, which is started again at once. */
  async #killServer(twice: boolean): Promise<void> {
    const children = [...partsOf(this.#server.pid).values()];
    await this.#server.kill();
    const listen = new URL(this.#server.endpoint).host;
    if (twice) await this.#startAndKill(listen);
    this.#server = await startServer({ data: this.data, listen });
    const left = await survivors(children, PATIENCE_MS);
    if (left.length > 0) throw new Error(`children outlive a killed server: ${left.join(', ')}`);
  }

  async #startAndKill(listen: string): Promise<void> {
    const args = [main, 'serve', '--data', this.data, '--listen', listen];
    const child: ChildProcess = spawn(process.execPath, args, { stdio: 'ignore', env: {} });
    const exited = once(child, 'exit');
    await sleep(this.#random.below(START_MS));
    child.kill('SIGKILL');
    await exited;
  }
}
