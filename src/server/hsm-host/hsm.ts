/**
 * One HSM and its process: started in the engine's sandbox with its files and the host's secret, watched, and started again
 * when it ends. What it says of itself is kept as a status.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { extname, join } from 'node:path';
import type { HsmStatus, RunRequest } from '../../cloudhsm/host/messages.ts';
import { FATAL_EXIT } from '../../engine/protocol/ipc.ts';
import { type Log, whereFrom } from '../../engine/protocol/log.ts';
import { HostLink, type HostReply, type Mark } from '../../hsm/client/host-link.ts';
import { HsmError } from '../../hsm/protocol/errors.ts';
import type { FromHsm, ToHsm } from '../../hsm/protocol/ipc.ts';
import { type HsmState, hsmStates } from '../../hsm/protocol/values.ts';
import { Backoff, defaultBackoff } from '../backoff.ts';
import { Child } from '../child.ts';
import { makePair } from '../pairs.ts';
import { hsmFlags } from '../sandbox.ts';
import { closeAll, type HsmFiles, holdsStore, openHsmFiles } from './files.ts';
import type { Marks } from './marks.ts';
import { Port } from './port.ts';

export interface HsmParts {
  readonly data: string;
  readonly marks: Marks;
  readonly log: Log;
  /** The socket comes by `begin`, or the reason why not by `cannotBegin`. */
  wantSecret(hsmId: string, family: string): void;
  /** The status is another one. */
  changed(hsm: HostedHsm): void;
  peerLost(hsmId: string, otherId: string): void;
}

const MAIN = join(import.meta.dirname, '..', '..', 'hsm', `main${extname(import.meta.filename)}`);
/** A key used later than this after its record was last read is read and verified again first. */
const VERIFY_MS = 60_000;
const EVERY_MS = 10_000;
const GRACE_MS = 2_000;
/** An HSM reads all of its audit log, of which a million lines take some seconds. */
const START_MS = 600_000;

type Described = HostReply<'describe'>;

export class HostedHsm {
  request: RunRequest;
  readonly #parts: HsmParts;
  readonly #port: Port;
  readonly #backoff = new Backoff(defaultBackoff);
  #child: Child | undefined;
  #link: HostLink | undefined;
  #described: Described | undefined;
  #portProblem = '';
  #problem = '';
  #timer: NodeJS.Timeout | undefined;
  #wait: NodeJS.Timeout | undefined;
  #held: boolean | undefined;
  #stopped = false;

  constructor(request: RunRequest, parts: HsmParts) {
    this.request = request;
    this.#parts = parts;
    this.#port = new Port({
      address: request.address,
      port: request.port,
      connected: (socket) => this.hand({ type: 'client' }, socket),
      problem: (text) => {
        this.#portProblem = text;
        parts.changed(this);
      },
    });
    parts.wantSecret(request.hsmId, request.family);
  }

  get id(): string {
    return this.request.hsmId;
  }

  get state(): HsmState | undefined {
    return this.#described === undefined ? undefined : hsmStates[this.#described.state];
  }

  get described(): Described | undefined {
    return this.#described;
  }

  status(): HsmStatus {
    const { changes, saved } = this.#parts.marks.get(this.id);
    const known = this.#described;
    return {
      hsmId: this.id,
      running: known !== undefined,
      problem: this.#problem || this.#portProblem,
      state: known?.state ?? 0,
      mode: known?.mode ?? 0,
      reason: known?.reason ?? '',
      csr: known?.csr ?? '',
      clusterCertificate: known?.clusterCertificate ?? '',
      trustAnchor: known?.trustAnchor ?? '',
      certificate: known?.certificate ?? '',
      identity: known?.identity ?? Buffer.alloc(0),
      // A locked HSM does not say.
      changes: Math.max(known?.changes ?? 0, changes),
      saved,
      members: known?.members ?? [],
      online: known?.online ?? [],
      users: known?.users ?? 0,
      keys: known?.keys ?? 0,
      activated: known?.activated ?? false,
    };
  }

  /** Starts the process at once: until then nobody reads from the socket, and afterwards only the HSM can. */
  begin(secret: Socket): void {
    const began = performance.now();
    if (this.#stopped || this.#child !== undefined) {
      secret.destroy();
      return;
    }
    const child = new Child(
      {
        name: this.id,
        spawn: () => this.#spawn(secret),
        failed: () => undefined,
        message: (message) => this.#hear(message as FromHsm),
        ended: (code) => {
          this.#ended(code, performance.now() - began);
          return false;
        },
      },
      defaultBackoff,
      this.#parts.log,
    );
    this.#child = child;
    try {
      this.#requireStore();
      child.start();
    } catch (error) {
      this.#parts.log('hsm-not-started', { hsm: this.id, ...whereFrom(error) });
      this.#child = undefined;
      this.cannotBegin(`The HSM cannot be started: ${(error as Error).message}.`);
    } finally {
      secret.destroy();
    }
  }

  /** A data folder that was restored from a backup has rows of HSMs, and no files of them. */
  #requireStore(): void {
    if (!this.request.made || holdsStore(this.#parts.data, this.id)) return;
    throw new Error('its files are gone. Put them back, or delete it and create another from a backup');
  }

  cannotBegin(problem: string): void {
    this.#setProblem(problem);
    this.#again(this.#backoff.next(0));
  }

  /** Rejects with HsmError; `unavailable` while it does not run. */
  link(): HostLink {
    if (this.#link === undefined) throw new HsmError('unavailable', `the HSM ${this.id} does not run now`);
    return this.#link;
  }

  hand(message: ToHsm, socket: Socket): void {
    if (this.#child === undefined || this.#link === undefined) socket.destroy();
    else this.#child.send(message, socket);
  }

  /** Asks the HSM how it is. Rejects with HsmError. */
  async look(): Promise<void> {
    const link = this.link();
    const { state, ...described } = await link.call('describe', {});
    if (link !== this.#link) return;
    this.#described = { ...described, state, identity: Buffer.from(described.identity) };
    this.#parts.changed(this);
  }

  /** One that does not answer is of no more use than a dead one. */
  lookSoon(): void {
    // It is being started, and looked at then.
    if (this.#link === undefined) return;
    this.look().catch((error: unknown) => {
      this.#parts.log('hsm-silent', { hsm: this.id, ...whereFrom(error) });
      this.#child?.kill();
    });
  }

  /** What the host did for it failed, or did not. */
  #setProblem(problem: string): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#parts.changed(this);
  }

  reportProblem(error: unknown): void {
    this.#setProblem(error instanceof HsmError ? error.message : 'The host failed; its log says why.');
  }

  /** Told once for each answer. */
  async tellHeld(held: boolean): Promise<void> {
    if (this.#held === held || this.#link === undefined) return;
    this.#held = held;
    await this.#link.call('heldElsewhere', { held });
  }

  /** For good. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#wait);
    this.#port.close();
    await this.#link?.call('stop', {}).catch(() => undefined);
    await this.#child?.stop(GRACE_MS);
  }

  #spawn(secret: Socket): ChildProcess {
    const files = openHsmFiles(this.#parts.data, this.id);
    try {
      return startHsm(files, secret);
    } finally {
      closeAll(files);
    }
  }

  #hear(message: FromHsm): void {
    if (message.type === 'peer-lost') this.#parts.peerLost(this.id, message.hsmId);
    if (message.type === 'ready')
      this.#meet().catch((error: unknown) => {
        this.#parts.log('hsm-not-met', { hsm: this.id, ...whereFrom(error) });
        this.reportProblem(error);
        this.#child?.kill();
      });
  }

  async #meet(): Promise<void> {
    const child = this.#child;
    const [given, kept] = await makePair();
    child?.send({ type: 'host' } satisfies ToHsm, given);
    const link: HostLink = new HostLink(kept, {
      mark: (mark: Mark) => this.#parts.marks.set(this.id, mark),
      changed: () => this.lookSoon(),
      closed: () => child?.kill(),
    });
    await link.call('start', this.#startRequest(), START_MS);
    this.#link = link;
    this.#held = undefined;
    this.#timer = setInterval(() => this.lookSoon(), EVERY_MS).unref();
    await this.look();
    this.#setProblem('');
  }

  #startRequest() {
    const { clusterId, beginning, mode, members } = this.request;
    const { records, tag } = this.#parts.marks.get(this.id);
    const others = members
      .filter((id) => id !== this.id)
      .map((hsmId) => ({ hsmId, changes: this.#parts.marks.get(hsmId).changes }));
    return {
      clusterId,
      hsmId: this.id,
      beginning,
      mode,
      mark: { records, tag },
      others,
      verifyMs: VERIFY_MS,
    };
  }

  #ended(code: number | null, livedMs: number): void {
    clearInterval(this.#timer);
    this.#child = undefined;
    this.#link?.close();
    this.#link = undefined;
    this.#described = undefined;
    this.#parts.changed(this);
    if (this.#stopped) return;
    if (code === FATAL_EXIT) this.#setProblem('The HSM refused to start; its log says why.');
    const waitMs = this.#backoff.next(livedMs);
    this.#parts.log('hsm-restart', { hsm: this.id, end: code ?? 'killed', waitMs });
    this.#again(waitMs);
  }

  #again(waitMs: number): void {
    if (this.#stopped) return;
    this.#wait = setTimeout(() => this.#parts.wantSecret(this.id, this.request.family), waitMs);
  }
}

function startHsm([log, slotA, slotB, audit]: HsmFiles, secret: Socket): ChildProcess {
  return spawn(process.execPath, [...hsmFlags(), MAIN], {
    cwd: '/',
    env: {},
    stdio: ['ignore', 'ignore', 'inherit', log, slotA, slotB, audit, secret, 'ipc'],
  });
}
