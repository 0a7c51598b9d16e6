/**
 * One HSM: which state it is in, and what takes it to the next (protocol/values.ts, hsmStates). Keys are in `#hsm` alone,
 * so forgetting that forgets them.
 */
import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import type { Socket } from 'node:net';
import { type Log, whereFrom } from '../engine/protocol/log.ts';
import { AuditLog } from './audit-log.ts';
import { makeBackup, openBackup, parseBackup, type SealedBackup } from './backup.ts';
import { activate, adopt, adoptBackup, beginFirst, factsFor, initialize, wrapsFor } from './beginnings.ts';
import { newKey, selfSigned, signWith, spkiOfKey } from './certificates.ts';
import type { HostReply, HostRequest, Mark } from './client/host-link.ts';
import { Keys } from './keys.ts';
import { Marks } from './marks.ts';
import { approve } from './operations/cluster.ts';
import type { Hsm } from './operations/operation.ts';
import { type PeerSide, Peers } from './peers.ts';
import type { CertificateUse } from './protocol/chain.ts';
import { HsmError } from './protocol/errors.ts';
import { beginnings } from './protocol/host-messages.ts';
import { type HsmState, hsmStates, modes, type TamperAnswer, tamperAnswers } from './protocol/values.ts';
import { Sessions } from './sessions.ts';
import { Store, type StoreFiles } from './store/store.ts';
import { parseCode } from './unlock-code.ts';
import { type Place, Unlocked } from './unlocked.ts';
import { checkCredentials, Users } from './users.ts';
import { Uses } from './uses.ts';
import { type Change, Vault } from './vault.ts';
import { openFromHost, openWithHost, openWithUnlockKey, unlockKeyOf, type Wrap, wrapKinds } from './wraps.ts';

export interface MachineOptions {
  readonly files: StoreFiles & { readonly audit: number };
  readonly hostSecret: KeyObject;
  readonly log: Log;
  /** To the host. */
  mark(mark: Mark): Promise<unknown>;
  changed(state: HsmState): void;
  peerLost(hsmId: string): void;
}

/** What the HSM shows in a TLS handshake. `self`: a certificate that nobody signed. */
export interface TlsFace {
  readonly key: KeyObject;
  readonly chain: string;
  readonly use: CertificateUse | 'self';
}

const HOW_TO_GO_ON =
  'Put back its files as they were, or delete this HSM and create another one in the cluster or from a backup.';
const NO_TAG = Buffer.alloc(16);
const MAX_BACKUP = 64 * 1024 * 1024;

export class Machine {
  readonly sessions = new Sessions();
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
  #heldElsewhere = false;
  /** What the storage key was wrapped to when the store was last written anew. */
  #opensWith = '';
  /** Changes that came while joining. */
  #received: Change[] = [];
  #backup: Buffer = Buffer.alloc(0);
  #toRestore: SealedBackup | undefined;

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

  start(request: HostRequest<'start'>): void {
    if (this.#start !== undefined) throw new HsmError('state', 'the HSM was started already');
    this.#start = { ...request, mark: { ...request.mark, tag: Buffer.from(request.mark.tag) } };
    this.#peers = new Peers(this.#peerSide(), this.#options.log);
    try {
      this.#audit = new AuditLog(this.#options.files.audit);
      this.#audit.write('START');
      this.#store = new Store(this.#options.files, () => this.#audit?.head ?? { sequence: 0, hash: '' });
    } catch (error) {
      this.#halt(`${(error as Error).message}. ${HOW_TO_GO_ON}`);
      return;
    }
    this.#goOn(this.#store);
  }

  tlsFace(): TlsFace {
    const facts = this.#store?.facts;
    const hsm = this.#hsm?.hsm;
    if (hsm !== undefined && hsm.identity.certificate !== '')
      return {
        key: hsm.identity.key,
        chain: hsm.identity.certificate + hsm.cluster.certificate,
        use: 'active',
      };
    if (facts !== undefined && facts.lockedCertificate !== '' && hsm === undefined) {
      const key = openFromHost(this.#options.hostSecret, facts.lockedKey);
      const chain = facts.lockedCertificate + facts.clusterCertificate;
      if (key !== undefined)
        return { key: createPrivateKey({ key, format: 'der', type: 'pkcs8' }), chain, use: 'locked' };
    }
    return { key: this.identity, chain: selfSigned(this.identity, this.place), use: 'self' };
  }

  /** Throws `wrong-credential`, `tampered`, `state`. */
  unlock(text: string): void {
    const wraps = this.#toRestore?.header.wraps ?? this.#store?.facts?.wraps ?? [];
    const code = parseCode(text);
    const unlockKey = unlockKeyOf(code);
    code.fill(0);
    const key = openAny(wraps, 'unlock-code', (wrap) => openWithUnlockKey(wrap, unlockKey));
    if (key === undefined) {
      this.#audit?.write('UNLOCK', { result: 'wrong-credential' });
      throw new HsmError('wrong-credential', 'the unlock code is not the one of this HSM');
    }
    this.#audit?.write('UNLOCK');
    if (this.#toRestore === undefined) this.#open(key);
    else this.#restoreFrom(this.#toRestore, key);
  }

  async activate(user: string, password: string): Promise<string> {
    checkCredentials(user, password);
    const { hsm } = this.unlocked;
    const code = await activate(hsm, user, password, this.#options.hostSecret);
    this.#identify();
    await hsm.parts.settled();
    this.#enter('active');
    return code;
  }

  initialize({ certificate, trustAnchor }: HostRequest<'initialize'>): void {
    if (this.#state !== 'uninitialized') throw new HsmError('state', `the HSM is ${this.#state}`);
    initialize(this.unlocked.hsm, certificate, trustAnchor, this.#options.hostSecret);
    this.#enter('initialized');
  }

  async approveMember({ hsmId, identity }: HostRequest<'approveMember'>): Promise<void> {
    const { hsm } = this.#active();
    if (modes[hsm.cluster.mode] !== 'unattended')
      throw new HsmError('not-allowed', 'in attended mode an administrator approves members');
    await approve(hsm, hsmId, identity, '');
  }

  async removeMember({ hsmId }: HostRequest<'removeMember'>): Promise<void> {
    const { hsm } = this.#active();
    if (hsmId === this.place.hsmId || !hsm.members.includes(hsmId))
      throw new HsmError('not-found', 'there is no such other member');
    hsm.audit.write('REMOVE_MEMBER', { details: { member: hsmId } });
    await hsm.commit([hsm.vault.remove('member', hsmId)]);
  }

  holdElsewhere(held: boolean): void {
    this.#heldElsewhere = held;
  }

  backup(): HostReply<'backup'> {
    const { hsm } = this.#active();
    const keys = hsm.vault.count('key');
    hsm.audit.write('BACKUP', { details: { keys } });
    this.#backup = makeBackup(hsm, wrapsFor(hsm.cluster, this.#options.hostSecret));
    return { size: this.#backup.length, sha256: createHash('sha256').update(this.#backup).digest(), keys };
  }
  get lastBackup(): Buffer {
    return this.#backup;
  }

  writeBackup(part: Uint8Array): void {
    if (this.#state !== 'restoring') throw new HsmError('state', `the HSM is ${this.#state}`);
    if (this.#backup.length + part.length > MAX_BACKUP) throw new HsmError('refused', 'no backup is as long');
    this.#backup = Buffer.concat([this.#backup, part]);
  }

  /** Opens it by the host's secret where it can, else waits for the unlock code. */
  restore({ clusterCertificate }: HostRequest<'restore'>): void {
    if (this.#state !== 'restoring') throw new HsmError('state', `the HSM is ${this.#state}`);
    const sealed = parseBackup(this.#backup);
    if (sealed.header.clusterCertificate !== clusterCertificate)
      throw new HsmError('refused', 'the backup is of another family of clusters');
    this.#toRestore = sealed;
    const { hostSecret } = this.#options;
    const key = openAny(sealed.header.wraps, 'host-secret', (wrap) => openWithHost(hostSecret, wrap));
    if (key === undefined) this.#enter('locked');
    else this.#restoreFrom(sealed, key);
  }

  attachPeer(socket: Socket, hsmId: string, server: boolean): void {
    const ready = this.#state === 'active' || this.#state === 'behind' || this.#state === 'joining';
    if (ready) this.#peers?.attach(socket, hsmId, server);
    else socket.destroy();
  }

  describe(): HostReply<'describe'> {
    const hsm = this.#hsm?.hsm;
    const facts = this.#store?.facts;
    return {
      state: hsmStates.indexOf(this.#state),
      mode: this.mode,
      reason: this.#reason,
      csr: hsm?.cluster.csr ?? '',
      clusterCertificate: facts?.clusterCertificate ?? '',
      trustAnchor: facts?.trustAnchor ?? '',
      certificate: hsm?.identity.certificate ?? facts?.lockedCertificate ?? '',
      identity: spkiOfKey(this.identity),
      mark: { records: facts?.log.records ?? 0, tag: facts?.log.tag ?? NO_TAG },
      changes: hsm?.vault.sequence(this.place.hsmId) ?? 0,
      members: hsm?.members ?? [],
      online: this.#peers?.live ?? [],
      users: hsm?.vault.count('user') ?? 0,
      keys: hsm?.vault.count('key') ?? 0,
      activated: (hsm?.cluster.unlockKey.length ?? 0) > 0,
    };
  }

  /** Writes the store anew where what opens it has changed. */
  clusterChanged(): void {
    const { hsm } = this.unlocked;
    const facts = hsm.vault.store.facts;
    if (facts === undefined) return;
    const wanted = factsFor(this.place, hsm.cluster, facts);
    if (this.#opensWith === opensWith(hsm)) hsm.vault.store.update(wanted);
    else hsm.vault.rewrite(wanted, wrapsFor(hsm.cluster, this.#options.hostSecret));
    this.#opensWith = opensWith(hsm);
  }

  zeroize(why: string): void {
    this.#audit?.write('ZEROIZE', { details: { why } });
    this.#forget();
    this.#store?.zeroize();
    this.#enter('zeroized', `erased ${why}`);
  }

  /** Closes the counts and lets go of everything. */
  stop(): void {
    this.#hsm?.hsm.uses.close();
    if (this.#start !== undefined) this.#audit?.write('STOP');
    this.#forget();
    this.#enter('halted', 'stopped');
  }

  /** By what is stored, or how it is to begin. */
  #goOn(store: Store): void {
    const { facts } = store;
    const request = this.#start as HostRequest<'start'>;
    if (facts === undefined) {
      if (store.isEmpty) this.#begin(store);
      else this.#tampered('neither superblock can be read');
    } else if (facts.zeroized) {
      this.#enter('zeroized', 'erased at an earlier time');
    } else if (facts.hsmId !== request.hsmId || facts.clusterId !== request.clusterId) {
      this.#halt(`these are the files of HSM ${facts.hsmId} of cluster ${facts.clusterId}. ${HOW_TO_GO_ON}`);
    } else {
      const { hostSecret } = this.#options;
      const key = openAny(facts.wraps, 'host-secret', (wrap) => openWithHost(hostSecret, wrap));
      if (key === undefined) this.#enter('locked');
      else this.#openAtStart(key);
    }
  }

  #begin(store: Store): void {
    const { beginning, mode, mark } = this.#start as HostRequest<'start'>;
    if (mark.records > 0) {
      this.#halt(`the files of this HSM are gone. ${HOW_TO_GO_ON}`);
    } else if (beginnings[beginning] === 'first') {
      const vault = this.#vault(store);
      beginFirst(vault, this.place, mode, this.#options.hostSecret);
      this.#hold(vault);
      this.#identify();
      this.#enter('uninitialized');
    } else {
      this.#enter(beginnings[beginning] === 'join' ? 'joining' : 'restoring');
    }
  }

  /** What is altered is answered by then; there is nobody to be told. */
  #openAtStart(key: KeyObject): void {
    try {
      this.#open(key);
    } catch (error) {
      if (!(error instanceof HsmError)) throw error;
    }
  }

  /** Throws `tampered`, `state` with the HSM halted or zeroized. */
  #open(storageKey: KeyObject): void {
    const store = this.#store as Store;
    const { mark } = this.#start as HostRequest<'start'>;
    let forked = false;
    const vault = this.#vault(store);
    try {
      const records = store.open(storageKey, (number, tag) => {
        if (number === mark.records && !tag.equals(mark.tag)) forked = true;
      });
      vault.replay(records);
    } catch (error) {
      if (!(error instanceof HsmError)) this.#options.log('store-refused', whereFrom(error));
      throw this.#tampered('the log');
    }
    if (store.facts === undefined || !(this.#audit as AuditLog).has(store.facts.audit))
      throw this.#tampered('the audit log');
    if (forked || store.log.end.records < mark.records) {
      this.#wasPutBack();
      throw new HsmError('state', 'the HSM was put back');
    }
    this.#hold(vault);
    if (store.damaged)
      this.#audit?.write('STORE_REPAIRED', { details: { what: 'a slot of the superblock' } });
    this.#enterOpen();
  }

  #enterOpen(): void {
    const { certificate, unlockKey } = this.unlocked.hsm.cluster;
    if (certificate === '') this.#enter('uninitialized');
    else if (unlockKey.length === 0) this.#enter('initialized');
    else this.#enter(this.#isBehind() ? 'behind' : 'active');
  }

  #isBehind(): boolean {
    const { vault, members } = this.unlocked.hsm;
    const others = this.#start?.others ?? [];
    return others.some(({ hsmId, changes }) => members.includes(hsmId) && vault.sequence(hsmId) < changes);
  }

  #vault(store: Store): Vault {
    return new Vault(this.place.hsmId, store);
  }

  /** From here on there are keys in memory. */
  #hold(vault: Vault): void {
    const audit = this.#audit as AuditLog;
    const marks = new Marks(
      () => ({ ...vault.store.log.end, tag: vault.store.log.end.tag, changes: vault.sequence(vault.hsmId) }),
      (mark) => this.#options.mark(mark),
    );
    const hsm = new Unlocked({
      place: this.place,
      vault,
      audit,
      uses: new Uses(audit),
      peers: this.#peers as Peers,
      sessions: this.sessions,
      verifyMs: this.#start?.verifyMs ?? 0,
      settled: () => marks.settled(),
      tampered: (what) => this.#tampered(what),
    });
    vault.changed = (kind, id) => {
      if (kind === 'user') this.sessions.endOthers(id, vault.get('user', id)?.version);
    };
    this.#hsm = { hsm, users: new Users(hsm), keys: new Keys(hsm) };
    this.#opensWith = opensWith(hsm);
    audit.signWith((signed) => signWith(hsm.identity.key)(signed));
  }

  /** The audit log is signed with another key from here on. */
  #identify(): void {
    const { hsm } = this.unlocked;
    this.#opensWith = opensWith(hsm);
    const identity = spkiOfKey(hsm.identity.key).toString('base64');
    hsm.audit.write('IDENTITY', { details: { identity } });
  }

  #restoreFrom(sealed: SealedBackup, key: KeyObject): void {
    const vault = this.#vault(this.#store as Store);
    const changes = openBackup(sealed, key);
    const unlocked = (): Unlocked => {
      this.#hold(vault);
      return this.unlocked.hsm;
    };
    adoptBackup(vault, this.place, changes, this.#fresh, this.#options.hostSecret, unlocked);
    this.#identify();
    this.#audit?.write('RESTORE', { details: { cluster: sealed.header.clusterId } });
    this.#toRestore = undefined;
    this.#backup = Buffer.alloc(0);
    this.#enter('active');
  }

  #peerSide(): PeerSide {
    return {
      ...this.place,
      identity: () => {
        const certificate = this.#hsm?.hsm.identity.certificate || selfSigned(this.identity, this.place);
        return { key: this.identity, certificate };
      },
      approved: (hsmId) => this.#hsm?.hsm.vault.get('member', hsmId)?.identity,
      joining: () => this.#state === 'joining',
      held: () => this.#hsm?.hsm.vault.sequences ?? [],
      lacking: (held) => this.unlocked.hsm.vault.lacking(held),
      receive: (changes) => this.#receive(changes),
      caughtUp: () => this.#caughtUp(),
      wasPutBack: () => this.#wasPutBack(),
      lost: (hsmId) => this.#options.peerLost(hsmId),
    };
  }

  async #receive(changes: readonly Change[]): Promise<void> {
    if (this.#state === 'joining') {
      this.#received.push(...changes);
      return;
    }
    const { hsm } = this.unlocked;
    for (const change of changes) hsm.vault.receive(change);
    if (this.#opensWith !== opensWith(hsm)) this.clusterChanged();
    await hsm.parts.settled();
  }

  async #caughtUp(): Promise<void> {
    if (this.#state === 'joining') this.#join();
    else if (this.#state === 'behind' && !this.#isBehind()) this.#enter('active');
    await this.unlocked.hsm.parts.settled();
  }

  #join(): void {
    const vault = this.#vault(this.#store as Store);
    const changes = this.#received;
    this.#received = [];
    adopt(vault, this.place, changes, this.#fresh, this.#options.hostSecret);
    this.#hold(vault);
    this.#identify();
    this.#audit?.write('MEMBER_JOINED');
    this.#enter('active');
  }

  #wasPutBack(): void {
    this.#halt(`the store is an older one than the cluster has heard of. ${HOW_TO_GO_ON}`);
  }

  /** Forgets all keys; what becomes of the store is the tenant's setting. */
  #tampered(what: string): HsmError {
    const answer: TamperAnswer = tamperAnswers[this.#store?.facts?.tamperAnswer ?? 0] ?? 'auto';
    const held = this.#heldElsewhere || (this.#peers?.live.length ?? 0) > 0;
    this.#audit?.write('TAMPERED', { details: { what, answer, heldElsewhere: held } });
    if (answer === 'zeroize-always' || (answer === 'auto' && held))
      this.zeroize(`because ${what} was altered`);
    else this.#halt(`${what} was altered. ${HOW_TO_GO_ON}`);
    return new HsmError('tampered', `${what} was altered`);
  }

  #halt(reason: string): void {
    this.#audit?.write('HALT', { details: { reason } });
    this.#forget();
    this.#enter('halted', reason);
  }

  #forget(): void {
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

  #active(): Hsm {
    if (this.#state !== 'active') throw new HsmError('state', `the HSM is ${this.#state}`);
    return this.unlocked;
  }
}

const opensWith = ({ cluster }: Unlocked): string =>
  `${cluster.mode}/${Buffer.from(cluster.unlockKey).toString('hex')}`;

function openAny(
  wraps: readonly Wrap[],
  kind: (typeof wrapKinds)[number],
  open: (wrap: Wrap) => KeyObject | undefined,
): KeyObject | undefined {
  for (const wrap of wraps) {
    const key = wrapKinds[wrap.kind] === kind ? open(wrap) : undefined;
    if (key !== undefined) return key;
  }
  return undefined;
}
