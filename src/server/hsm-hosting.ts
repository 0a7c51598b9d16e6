/**
 * Keeps the host of the HSMs running from when a front first wants it, joined with the front by a pair of sockets, and
 * gives each HSM that it starts the host's secret: written into a pair of which the host gets an end that it never reads.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { extname, join } from 'node:path';
import { FATAL_EXIT } from '../engine/protocol/ipc.ts';
import type { Log } from '../engine/protocol/log.ts';
import { hostSecretOf } from '../engine/seal/host-secret.ts';
import type { BackoffOptions } from './backoff.ts';
import { Child } from './child.ts';
import type { FromHsmHost, ToHsmHost } from './hsm-host/ipc.ts';
import { killHung, type Liveness } from './liveness.ts';
import { makePair } from './pairs.ts';

export interface HsmHostingOptions {
  readonly data: string;
  readonly sealFile: string;
  /** The front's end of each new pair, paused. */
  onPair(socket: Socket): void;
  /** It cannot go on, and the server with it. */
  onFatal(message: string): void;
  readonly log: Log;
  readonly backoff: BackoffOptions;
}

const MAIN = join(import.meta.dirname, 'hsm-host', `main${extname(import.meta.filename)}`);
/** For HSMs to close their counts. */
const GRACE_MS = 5_000;

export class HsmHosting {
  readonly #options: HsmHostingOptions;
  readonly #child: Child;
  readonly #liveness: Liveness;
  #started = false;
  #ready = false;
  #stopping = false;

  constructor(options: HsmHostingOptions) {
    this.#options = options;
    this.#child = new Child(
      {
        name: 'hsm-host',
        spawn: () => {
          this.#liveness.watch();
          return startHost(options.data);
        },
        failed: (error) => options.onFatal(error.message),
        message: (message) => this.#hear(message as FromHsmHost),
        ended: (code) => this.#ended(code),
      },
      options.backoff,
      options.log,
    );
    this.#liveness = killHung('hsm-host', this.#child, {
      log: options.log,
      ask: () => this.#child.send({ type: 'ping' } satisfies ToHsmHost),
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Makes a new pair with the front, once the host is ready. */
  requestPair(): void {
    if (this.#stopping) return;
    if (!this.#started) {
      this.#started = true;
      this.#child.start();
    } else if (this.#ready) void this.#pair();
  }

  /** HSMs first, in order; by force after `graceMs`. */
  async stop(graceMs = GRACE_MS): Promise<void> {
    this.#stopping = true;
    this.#liveness.stop();
    if (!this.#started) return;
    this.#child.send({ type: 'stop' } satisfies ToHsmHost);
    const force = setTimeout(() => this.#child.kill(), graceMs);
    await this.#child.gone();
    clearTimeout(force);
  }

  /** Ends what a stop waits for. */
  hurry(): void {
    if (this.#stopping) this.#child.kill();
  }

  #hear(message: FromHsmHost): void {
    if (message.type === 'pong') this.#liveness.answered();
    if (message.type === 'secret-wanted') void this.#giveSecret(message.hsmId, message.family);
    if (message.type !== 'ready') return;
    this.#ready = true;
    void this.#pair();
  }

  #ended(code: number | null): boolean {
    this.#ready = false;
    this.#liveness.stop();
    if (this.#stopping) return false;
    if (code !== FATAL_EXIT) return true;
    this.#options.onFatal('the host of the HSMs refused to start');
    return false;
  }

  async #pair(): Promise<void> {
    const pair = await this.#makePair();
    if (pair === undefined) return;
    this.#child.send({ type: 'front' } satisfies ToHsmHost, pair[0]);
    this.#options.onPair(pair[1]);
  }

  async #giveSecret(hsmId: string, family: string): Promise<void> {
    const pair = await this.#makePair();
    if (pair === undefined) return;
    const [given, kept] = pair;
    try {
      const secret = hostSecretOf(this.#options.sealFile, family);
      // All is in the socket's buffer before anybody can read.
      kept.end(secret);
      await once(kept, 'finish');
      secret.fill(0);
      this.#child.send({ type: 'secret', hsmId } satisfies ToHsmHost, given);
    } catch (error) {
      given.destroy();
      const { message } = error as Error;
      this.#options.log('hsm-secret-refused', { hsm: hsmId, reason: message });
      this.#child.send({ type: 'no-secret', hsmId, message } satisfies ToHsmHost);
    } finally {
      kept.destroy();
    }
  }

  async #makePair(): Promise<readonly [Socket, Socket] | undefined> {
    try {
      return await makePair();
    } catch (error) {
      this.#options.onFatal(`no pair of sockets can be made: ${(error as Error).message}`);
      return undefined;
    }
  }
}

function startHost(data: string) {
  return spawn(process.execPath, ['--disable-sigusr1', MAIN, data], {
    env: { TZ: 'UTC' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}
