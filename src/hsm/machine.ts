/**
 * One HSM: which state it is in, and what takes it to the next (protocol/values.ts, hsmStates). Keys are in `#hsm` alone,
 * so forgetting that forgets them.
 */
import type { KeyObject } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Log } from '../engine/protocol/log.ts';
import { AuditHeads } from './audit-heads.ts';
import { AuditLog } from './audit-log.ts';
import { openBackup, type SealedBackup } from './backup.ts';
import { Backups } from './backups.ts';
import {
  activate,
  adopt,
  adoptBackup,
  beginFirst,
  followCluster,
  initialize,
  nameIdentity,
  wrapsFor,
} from './beginnings.ts';
import { newKey } from './certificates.ts';
import type { HostReply, HostRequest, Mark } from './client/host-link.ts';
import { describe } from './description.ts';
import { hold } from './hold.ts';
import { openByCode, openByHost, openStore, stateOnceOpen } from './open-store.ts';
import { at, type Hsm } from './operations/operation.ts';
import { Peers } from './peers.ts';
import { HsmError } from './protocol/errors.ts';
import { beginnings } from './protocol/host-messages.ts';
import { type HsmState, modes } from './protocol/values.ts';
import { peerSide, type ReplicaHooks } from './replica.ts';
import { Sessions } from './sessions.ts';
import { Store, type StoreFiles } from './store/store.ts';
import { answerTo } from './tampering.ts';
import { type TlsFace, tlsFace } from './tls-face.ts';
import type { Place, Unlocked } from './unlocked.ts';
import { checkCredentials } from './users.ts';
import { type Change, Vault } from './vault.ts';
import type { Wrap } from './wraps.ts';
import { WrongCodes } from './wrong-codes.ts';

export interface MachineOptions {
  readonly files: StoreFiles & { readonly audit: number };
  readonly hostSecret: KeyObject;
  readonly log: Log;
  /** To the host. */
  mark(mark: Mark): Promise<unknown>;
  changed(state: HsmState): void;
  peerLost(hsmId: string): void;
}

const HOW_TO_GO_ON =
  'Put back its files as they were, or delete this HSM and create another one in the cluster or from a backup.';

export class Machine {
  readonly sessions = new Sessions();
  readonly backups = new Backups();
  /** A live member or a backup holds all keys, as far as the host knows. */
  heldElsewhere = false;
  readonly #options: MachineOptions;
  /** Proves who this is while nothing else does: never stored. */
  readonly #fresh = newKey();
  #start: HostRequest<'start'> | undefined;
  #store: Store | undefined;
  #audit: AuditLog | undefined;
  #hsm: Hsm | undefined;
  #peers: Peers | undefined;
  #state: HsmState = 'halted';
  #reason = 'not started';
  #stopped = false;
  #toRestore: SealedBackup | undefined;
  readonly #wrongCodes = new WrongCodes(() => this.#audit);
  readonly #auditHeads = new AuditHeads();

  constructor(options: MachineOptions) {
    this.#options = options;
  }

  get state(): HsmState {
    return this.#state;
  }
  get reason(): string {
    return this.#reason;
  }
  get place(): Place {
    const { clusterId = '', hsmId = '' } = this.#start ?? {};
    return { clusterId, hsmId };
  }
  /** Names the span in which uses count from 1. */
  get session(): string {
    return `${this.place.hsmId}/${this.#audit?.boot ?? 0}`;
  }
  get mode(): number {
    return this.#hsm?.hsm.cluster.mode ?? this.#store?.facts?.mode ?? this.#start?.mode ?? 0;
  }
  get identity(): KeyObject {
    return this.#hsm?.hsm.identity.key ?? this.#fresh;
  }
  get audit(): AuditLog | undefined {
    return this.#audit;
  }

  /** Throws `state`. */
  get unlocked(): Hsm {
    if (this.#hsm === undefined) throw new HsmError('state', `the HSM is ${this.#state}`);
    return this.#hsm;
  }

  /** Throws `state`. */
  get active(): Hsm {
    this.#require('active');
    return this.unlocked;
  }

  async start(request: HostRequest<'start'>): Promise<void> {
    if (this.#start !== undefined) throw new HsmError('state', 'the HSM was started already');
    this.#start = { ...request, mark: { ...request.mark, tag: Buffer.from(request.mark.tag) } };
    this.#peers = new Peers(peerSide(this.#replica()), this.#options.log);
    try {
      this.#audit = new AuditLog(this.#options.files.audit);
      this.#audit.write('START');
      this.#store = new Store(this.#options.files, () => this.#audit?.head ?? { sequence: 0, hash: '' });
    } catch (error) {
      this.#halt(`${(error as Error).message}. ${HOW_TO_GO_ON}`);
      return;
    }
    this.#goOn(this.#store);
    await this.#settled();
  }

  tlsFace(): TlsFace {
    const { hostSecret } = this.#options;
    return tlsFace(this.place, this.#hsm?.hsm, this.#store?.facts, hostSecret, this.#fresh);
  }

  /** Throws `wrong-credential`, `tampered`, `state`. */
  async unlock(text: string): Promise<void> {
    const wraps = this.#toRestore?.header.wraps ?? this.#store?.facts?.wraps ?? [];
    const key = openByCode(wraps, text);
    if (key === undefined) {
      this.#wrongCodes.count();
      throw new HsmError('wrong-credential', 'the unlock code is not the one of this HSM');
    }
    this.#wrongCodes.report();
    this.#audit?.write('UNLOCK');
    if (this.#toRestore === undefined) this.#open(key, (again) => openByCode(again, text));
    else this.#restoreFrom(this.#toRestore, key);
    await this.#settled();
  }

  async activate(user: string, password: string): Promise<string> {
    checkCredentials(user, password);
    const { hsm } = this.unlocked;
    const code = await activate(hsm, user, password, this.#options.hostSecret);
    nameIdentity(this.unlocked.hsm);
    await this.#settled();
    this.#enter('active');
    return code;
  }

  async initialize({ certificate, trustAnchor }: HostRequest<'initialize'>): Promise<void> {
    this.#require('uninitialized');
    initialize(this.unlocked.hsm, certificate, trustAnchor, this.#options.hostSecret);
    await this.#settled();
    this.#enter('initialized');
  }

  backup(): HostReply<'backup'> {
    const { hsm } = this.active;
    return this.backups.make(hsm, wrapsFor(hsm.cluster, this.#options.hostSecret));
  }

  writeBackup(part: Uint8Array): void {
    this.#require('restoring');
    this.backups.write(part);
  }

  /** Opens it by the host's secret where it can, else waits for the unlock code. */
  async restore({ clusterCertificate }: HostRequest<'restore'>): Promise<void> {
    this.#require('restoring');
    const sealed = this.backups.take(clusterCertificate);
    this.#toRestore = sealed;
    const key = openByHost(sealed.header.wraps, this.#options.hostSecret);
    if (key === undefined) this.#enter('locked');
    else this.#restoreFrom(sealed, key);
    await this.#settled();
  }

  attachPeer(socket: Socket, hsmId: string, server: boolean): void {
    const ready = this.#state === 'active' || this.#state === 'behind' || this.#state === 'joining';
    if (ready) this.#peers?.attach(socket, hsmId, server);
    else socket.destroy();
  }

  describe(): HostReply<'describe'> {
    const { state, reason, mode, identity } = this;
    const facts = this.#store?.facts;
    return describe({ state, reason, mode, identity, hsm: this.#hsm?.hsm, facts, peers: this.#peers });
  }

  clusterChanged(): void {
    followCluster(this.unlocked.hsm, this.place, this.#options.hostSecret);
  }

  zeroize(why: string): void {
    this.#audit?.note('ZEROIZE', { details: { why } });
    this.#forget();
    this.#store?.zeroize();
    this.#enter('zeroized', `erased ${why}`);
  }

  /** Closes the counts and lets go of everything. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#hsm?.hsm.uses.close();
    this.#wrongCodes.report();
    this.#audit?.note('STOP', {});
    this.#auditHeads.note();
    this.#forget();
    this.#enter('halted', 'stopped');
  }

  /** By what is stored, or how it is to begin. */
  #goOn(store: Store): void {
    const { facts } = store;
    const request = this.#start as HostRequest<'start'>;
    if (facts === undefined) {
      // Without a mark nothing was ever acknowledged: a beginning that was cut short begins again.
      if (request.mark.records === 0) this.#begin(store);
      else this.#tampered('the superblock');
    } else if (facts.zeroized) {
      this.#enter('zeroized', 'erased at an earlier time');
    } else if (facts.hsmId !== request.hsmId || facts.clusterId !== request.clusterId) {
      this.#halt(`these are the files of HSM ${facts.hsmId} of cluster ${facts.clusterId}. ${HOW_TO_GO_ON}`);
    } else {
      const key = openByHost(facts.wraps, this.#options.hostSecret);
      if (key === undefined) this.#enter('locked');
      else this.#openAtStart(key);
    }
  }

  #begin(store: Store): void {
    const { beginning, mode } = this.#start as HostRequest<'start'>;
    at(modes, mode, 'mode');
    if (beginnings[beginning] === 'first') {
      const vault = new Vault(this.place.hsmId, store);
      beginFirst(vault, this.place, mode, this.#options.hostSecret);
      this.#hold(vault);
      nameIdentity(this.unlocked.hsm);
      this.#enter('uninitialized');
    } else {
      this.#enter(beginnings[beginning] === 'join' ? 'joining' : 'restoring');
    }
  }

  /** What is altered is answered by then; there is nobody to be told. */
  #openAtStart(key: KeyObject): void {
    try {
      this.#open(key, (wraps) => openByHost(wraps, this.#options.hostSecret));
    } catch (error) {
      if (!(error instanceof HsmError)) throw error;
    }
  }

  /** Throws `tampered`, `state` with the HSM halted or zeroized, `wrong-credential` with it locked. */
  #open(storageKey: KeyObject, opens: (wraps: readonly Wrap[]) => KeyObject | undefined): void {
    const store = this.#store as Store;
    const { mark, hsmId } = this.#start as HostRequest<'start'>;
    const opened = openStore(hsmId, store, storageKey, this.#audit as AuditLog, mark, this.#options.log);
    if ('altered' in opened) throw this.#tampered(opened.altered);
    if ('older' in opened) {
      this.#wasPutBack();
      throw new HsmError('state', 'the HSM was put back');
    }
    const { vault } = opened;
    this.#hold(vault);
    if (store.damaged)
      this.#audit?.write('STORE_REPAIRED', { details: { what: 'a slot of the superblock' } });
    this.#requireCurrent(opens);
    this.#enter(stateOnceOpen(this.unlocked.hsm, this.#start?.others ?? []));
  }

  /** A change of what opens the store may have been cut before the store was written anew: what opened it may not count. */
  #requireCurrent(opens: (wraps: readonly Wrap[]) => KeyObject | undefined): void {
    try {
      this.clusterChanged();
    } catch (error) {
      this.#halt(`what opens the store could not be changed: ${(error as Error).message}`);
      throw error;
    }
    if (opens(this.#store?.facts?.wraps ?? []) !== undefined) return;
    this.#forget();
    this.#enter('locked');
    throw new HsmError('wrong-credential', 'what opened the HSM was replaced, and opens it no more');
  }

  /** From here on there are keys in memory. */
  #hold(vault: Vault): void {
    this.#hsm = hold(vault, {
      place: this.place,
      audit: this.#audit as AuditLog,
      peers: this.#peers as Peers,
      sessions: this.sessions,
      verifyMs: this.#start?.verifyMs ?? 0,
      mark: (mark) => this.#options.mark(mark),
      tampered: (what) => this.#tampered(what),
    });
    this.#auditHeads.begin(vault.store);
  }

  #restoreFrom(sealed: SealedBackup, key: KeyObject): void {
    const vault = new Vault(this.place.hsmId, this.#store as Store);
    const changes = openBackup(sealed, key);
    const unlocked = (): Unlocked => {
      this.#hold(vault);
      return this.unlocked.hsm;
    };
    adoptBackup(vault, this.place, changes, this.#fresh, this.#options.hostSecret, unlocked);
    nameIdentity(this.unlocked.hsm);
    this.#audit?.write('RESTORE', { details: { cluster: sealed.header.clusterId } });
    this.#toRestore = undefined;
    this.#enter('active');
  }

  #replica(): ReplicaHooks {
    return {
      place: this.place,
      isJoining: () => this.#state === 'joining',
      identity: () => this.identity,
      hsm: () => this.#hsm?.hsm,
      join: (changes) => this.#join(changes),
      received: () => this.clusterChanged(),
      caughtUp: () => {
        // Where there was no room for it when the change came.
        this.clusterChanged();
        if (this.#state === 'behind' && !this.unlocked.hsm.isBehind(this.#start?.others ?? []))
          this.#enter('active');
      },
      wasPutBack: () => this.#wasPutBack(),
      lost: (hsmId) => this.#options.peerLost(hsmId),
    };
  }

  #join(changes: readonly Change[]): void {
    const vault = new Vault(this.place.hsmId, this.#store as Store);
    adopt(vault, this.place, changes, this.#fresh, this.#options.hostSecret);
    this.#hold(vault);
    nameIdentity(this.unlocked.hsm);
    this.#audit?.write('MEMBER_JOINED');
    this.#enter('active');
  }

  #wasPutBack(): void {
    this.#halt(`the store is an older one than the cluster has heard of. ${HOW_TO_GO_ON}`);
  }

  /** Forgets all keys; what becomes of the store is the tenant's setting. */
  #tampered(what: string): HsmError {
    const held = this.heldElsewhere || (this.#peers?.live.length ?? 0) > 0;
    const { answer, zeroize } = answerTo(this.#store, held);
    this.#audit?.note('TAMPERED', { details: { what, answer, heldElsewhere: held } });
    if (zeroize) this.zeroize(`because ${what} was altered`);
    else this.#halt(`${what} was altered. ${HOW_TO_GO_ON}`);
    return new HsmError('tampered', `${what} was altered`);
  }

  #halt(reason: string): void {
    this.#audit?.note('HALT', { details: { reason } });
    this.#forget();
    this.#enter('halted', reason);
  }

  #forget(): void {
    this.#auditHeads.end();
    this.#hsm?.hsm.uses.close();
    this.#audit?.signWith(undefined);
    this.#hsm = undefined;
    this.#store?.close();
    this.sessions.endAll();
    this.#peers?.close();
  }

  #enter(state: HsmState, reason = ''): void {
    this.#state = state;
    this.#reason = reason;
    this.#options.changed(state);
  }

  /** What was written is marked by the host, where there are keys to have written it with. */
  async #settled(): Promise<void> {
    await this.#hsm?.hsm.parts.settled();
  }

  #require(state: HsmState): void {
    if (this.#state !== state) throw new HsmError('state', `the HSM is ${this.#state}`);
  }
}
