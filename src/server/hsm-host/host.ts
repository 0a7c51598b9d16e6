/** The host: which HSMs run, and what the front asks of them. */
import type { Socket } from 'node:net';
import { type RunRequest, toFront, toHost } from '../../cloudhsm/host/messages.ts';
import { type Log, whereFrom } from '../../engine/protocol/log.ts';
import { HsmError } from '../../hsm/protocol/errors.ts';
import { Link, routesOf } from '../../hsm/protocol/link.ts';
import { modes } from '../../hsm/protocol/values.ts';
import { BackupFiles } from './backup-files.ts';
import { eraseHsmFiles } from './files.ts';
import { HostedHsm } from './hsm.ts';
import { Marks } from './marks.ts';
import { Peering } from './peering.ts';

export interface HostOptions {
  readonly data: string;
  readonly log: Log;
  wantSecret(hsmId: string, family: string): void;
}

const APPROVAL_MS = 1_000;

export class Host {
  readonly #options: HostOptions;
  readonly #marks: Marks;
  readonly #backups: BackupFiles;
  readonly #peering = new Peering();
  readonly #hsms = new Map<string, HostedHsm>();
  /** What is done for an HSM after it said how it is; one thing at a time. */
  readonly #work = new Map<string, Promise<void>>();
  /** Clusters in which one waits to be approved. */
  readonly #watches = new Map<string, NodeJS.Timeout>();
  #front: Link<typeof toFront> | undefined;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#marks = new Marks(options.data);
    this.#backups = new BackupFiles(options.data);
  }

  hsm(id: string): HostedHsm | undefined {
    return this.#hsms.get(id);
  }

  /** An older pair is void. */
  attach(socket: Socket): void {
    const routes = routesOf(toHost, {
      run: (request) => this.#run(request),
      describe: async ({ hsmId }) => {
        const hsm = this.#require(hsmId);
        await hsm.look();
        return hsm.status();
      },
      initialize: async ({ hsmId, certificate, trustAnchor }) => {
        const hsm = this.#require(hsmId);
        await hsm.link().call('initialize', { certificate, trustAnchor });
        await hsm.look();
        return {};
      },
      remove: ({ hsmId }) => this.#remove(hsmId),
      backup: async ({ hsmId, backupId }) => {
        const hsm = this.#require(hsmId);
        const { changes } = await hsm.link().call('describe', {});
        const made = await this.#backups.make(hsm.link(), backupId);
        await this.#marks.set(hsmId, { saved: changes });
        this.#changed(hsm);
        return made;
      },
      removeBackup: async ({ backupId }) => {
        await this.#backups.remove(backupId);
        return {};
      },
    });
    const replaced = this.#front;
    const link: Link<typeof toFront> = new Link(socket, toFront, {
      routes,
      pauseWhenBlocked: true,
      failed: (error) => this.#options.log('host-request-failed', whereFrom(error)),
      closed: () => {
        if (this.#front === link) this.#front = undefined;
      },
    });
    this.#front = link;
    replaced?.close();
  }

  async stop(): Promise<void> {
    for (const watch of this.#watches.values()) clearTimeout(watch);
    await Promise.all([...this.#hsms.values()].map((hsm) => hsm.stop()));
  }

  #require(hsmId: string): HostedHsm {
    const hsm = this.#hsms.get(hsmId);
    if (hsm === undefined) throw new HsmError('not-found', `the HSM ${hsmId} does not run here`);
    return hsm;
  }

  #run(request: RunRequest): Record<string, never> {
    const running = this.#hsms.get(request.hsmId);
    if (running !== undefined) {
      running.request = request;
      // Who its members are may be news to the host since it last looked.
      running.lookSoon();
      return {};
    }
    const { data, log, wantSecret } = this.#options;
    const hsm = new HostedHsm(request, {
      data,
      log,
      marks: this.#marks,
      wantSecret,
      changed: (changed) => this.#changed(changed),
      peerLost: (hsmId, otherId) => {
        const [one, other] = [this.#hsms.get(hsmId), this.#hsms.get(otherId)];
        if (one !== undefined && other !== undefined) this.#peering.lost(one, other);
      },
    });
    this.#hsms.set(request.hsmId, hsm);
    return {};
  }

  async #remove(hsmId: string): Promise<Record<string, never>> {
    const hsm = this.#hsms.get(hsmId);
    this.#hsms.delete(hsmId);
    this.#work.delete(hsmId);
    if (hsm !== undefined) {
      this.#peering.forget(hsm);
      await hsm.stop();
    }
    eraseHsmFiles(this.#options.data, hsmId);
    await this.#marks.remove(hsmId);
    return {};
  }

  #changed(hsm: HostedHsm): void {
    // Not yet, or no longer, one of those that run.
    if (this.#hsms.get(hsm.id) !== hsm) return;
    this.#front?.call('status', hsm.status()).catch(() => undefined);
    const members = this.#membersWith(hsm);
    this.#peering.look(members);
    this.#watchApproval(hsm, members);
    for (const each of members) this.#serve(each, members);
  }

  #membersWith({ request }: HostedHsm): readonly HostedHsm[] {
    return [...this.#hsms.values()].filter((each) => each.request.clusterId === request.clusterId);
  }

  /** An HSM does not tell the host when its administrator approves another. */
  #watchApproval({ request: { clusterId } }: HostedHsm, members: readonly HostedHsm[]): void {
    if (this.#watches.has(clusterId) || members.every(({ state }) => state !== 'joining')) return;
    const look = (): void => {
      this.#watches.delete(clusterId);
      for (const each of members) if (each.state === 'active') each.lookSoon();
    };
    this.#watches.set(clusterId, setTimeout(look, APPROVAL_MS).unref());
  }

  /** Does for the HSM what its state asks for. */
  #serve(hsm: HostedHsm, members: readonly HostedHsm[]): void {
    const work = (this.#work.get(hsm.id) ?? Promise.resolve()).then(async () => {
      try {
        await this.#restoreIfWanted(hsm);
        await this.#settleMembers(hsm, members);
        await hsm.tellHeld(this.#isHeldElsewhere(hsm, members));
      } catch (error) {
        if (error instanceof HsmError && error.code === 'unavailable') return;
        this.#options.log('hsm-not-served', { hsm: hsm.id, ...whereFrom(error) });
        hsm.reportProblem(error);
      }
    });
    this.#work.set(hsm.id, work);
  }

  async #restoreIfWanted(hsm: HostedHsm): Promise<void> {
    const { backupId, clusterCertificate } = hsm.request;
    if (hsm.state !== 'restoring' || backupId === '') return;
    await this.#backups.restore(hsm.link(), backupId, clusterCertificate);
    await hsm.look();
  }

  /** Members that were deleted are taken out, and in unattended mode those that join are let in. */
  async #settleMembers(hsm: HostedHsm, members: readonly HostedHsm[]): Promise<void> {
    const known = hsm.described;
    if (hsm.state !== 'active' || known === undefined) return;
    for (const id of known.members)
      if (!hsm.request.members.includes(id)) await hsm.link().call('removeMember', { hsmId: id });
    if (modes[known.mode] !== 'unattended') return;
    for (const other of members) {
      if (other.state !== 'joining' || known.members.includes(other.id)) continue;
      const identity = other.described?.identity ?? Buffer.alloc(0);
      await hsm.link().call('approveMember', { hsmId: other.id, identity });
      await hsm.look();
    }
  }

  /** A live member has all that any other has; a backup what there was when it was made. */
  #isHeldElsewhere(hsm: HostedHsm, members: readonly HostedHsm[]): boolean {
    const { changes, saved } = hsm.status();
    return (
      members.some((other) => other !== hsm && other.state === 'active') || (saved > 0 && saved >= changes)
    );
  }
}
