/** A small host of real HSM processes in their sandbox: opens their files, hands over sockets, holds their marks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, constants, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { HostLink, type HostReply, type Mark } from '../../src/hsm/client/host-link.ts';
import { type Beginning, beginnings } from '../../src/hsm/protocol/host-messages.ts';
import { type FromHsm, HOST_SECRET_SIZE, type ToHsm } from '../../src/hsm/protocol/ipc.ts';
import { type HsmState, hsmStates, type Mode, modes } from '../../src/hsm/protocol/values.ts';
import { makePair } from '../../src/server/pairs.ts';
import { hsmFlags } from '../../src/server/sandbox.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'hsm', 'main.ts');
const NO_MARK: Mark = { records: 0, tag: Buffer.alloc(16), changes: 0 };

export interface HsmPlan {
  readonly hsmId: string;
  readonly clusterId: string;
  /** Holds the HSM's files and the host's secret. */
  readonly folder: string;
  readonly beginning: Beginning;
  readonly mode?: Mode;
  readonly verifyMs?: number;
  /** In the place of src/hsm/main.ts. */
  readonly program?: string;
}

export class HostedHsm {
  readonly plan: HsmPlan;
  /** What a host would keep durably. */
  mark: Mark = NO_MARK;
  link: HostLink | undefined;
  onPeerLost: (hsmId: string) => void = () => undefined;
  #child: ChildProcess | undefined;
  #server: Server | undefined;
  #port = 0;

  constructor(plan: HsmPlan) {
    this.plan = plan;
    mkdirSync(plan.folder, { recursive: true, mode: 0o700 });
    const secret = join(plan.folder, 'host-secret');
    try {
      writeFileSync(secret, randomBytes(HOST_SECRET_SIZE), { flag: 'wx', mode: 0o600 });
    } catch {
      // It is there from an earlier start.
    }
  }

  get address(): { readonly host: string; readonly port: number } {
    return { host: '127.0.0.1', port: this.#port };
  }
  get pid(): number {
    return this.#child?.pid ?? 0;
  }
  get running(): boolean {
    return this.#child !== undefined;
  }
  path(name: 'log' | 'slot-a' | 'slot-b' | 'audit' | 'host-secret'): string {
    return join(this.plan.folder, name);
  }

  async start(others: readonly { hsmId: string; changes: number }[] = []): Promise<void> {
    const child = this.spawn();
    this.#child = child;
    child.once('exit', () => {
      this.#child = undefined;
    });
    const died = once(child, 'exit').then(([code]) =>
      Promise.reject(new Error(`the HSM ended with ${code}`)),
    );
    died.catch(() => undefined);
    await Promise.race([once(child, 'message'), died]);
    child.on('message', (message: FromHsm) => {
      if (message.type === 'peer-lost') this.onPeerLost(message.hsmId);
    });
    const [near, far] = await makePair();
    this.send({ type: 'host' }, far);
    this.link = new HostLink(near, {
      mark: async (mark) => {
        this.mark = mark;
      },
      changed: () => undefined,
      closed: () => undefined,
    });
    await this.link.call('start', {
      clusterId: this.plan.clusterId,
      hsmId: this.plan.hsmId,
      beginning: beginnings.indexOf(this.plan.beginning),
      mode: modes.indexOf(this.plan.mode ?? 'attended'),
      mark: this.mark,
      others,
      verifyMs: this.plan.verifyMs ?? 1_000,
    });
    await this.#listen();
  }

  /** The process alone, which says that it is ready and does nothing more. */
  spawn(flags: readonly string[] = []): ChildProcess {
    const open = (name: Parameters<HostedHsm['path']>[0]): number =>
      openSync(this.path(name), constants.O_RDWR | constants.O_CREAT | constants.O_DSYNC, 0o600);
    const fds = (['log', 'slot-a', 'slot-b', 'audit', 'host-secret'] as const).map(open);
    try {
      return spawn(process.execPath, [...hsmFlags(), ...flags, this.plan.program ?? MAIN], {
        cwd: '/',
        env: {},
        stdio: ['ignore', 'ignore', 'inherit', ...fds, 'ipc'],
      });
    } finally {
      for (const fd of fds) closeSync(fd);
    }
  }

  async describe(): Promise<Omit<HostReply<'describe'>, 'state'> & { readonly state: HsmState }> {
    const told = await this.asked.call('describe', {});
    return { ...told, state: hsmStates[told.state] ?? 'halted' };
  }
  get asked(): HostLink {
    if (this.link === undefined) throw new Error('the HSM was not started');
    return this.link;
  }

  send(message: ToHsm, socket: Socket): void {
    const child = this.#child;
    if (child?.connected !== true) socket.destroy();
    else child.send(message, socket, {}, (error) => (error === null ? undefined : socket.destroy()));
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#server?.close();
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#server?.close();
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async #listen(): Promise<void> {
    const server = createServer({ pauseOnConnect: true }, (socket) => this.send({ type: 'client' }, socket));
    // The same port after a restart, as clients know it.
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }
}
