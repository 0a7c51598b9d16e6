/** An HSM whose store is open: what the operations work on. Dropping it forgets every key. */
import type { KeyObject } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.ts';
import type { AuditLog } from './audit-log.ts';
import { signWith } from './certificates.ts';
import type { ValueOf } from './objects.ts';
import type { Peers } from './peers.ts';
import { HsmError } from './protocol/errors.ts';
import { encodeReceipt, RECEIPT_PREFIX, type Statement } from './protocol/receipts.ts';
import type { Sessions } from './sessions.ts';
import type { Uses } from './uses.ts';
import type { Vault } from './vault.ts';

export interface Place {
  readonly clusterId: string;
  readonly hsmId: string;
}
type Common = 'version' | 'clusterId' | 'hsmId' | 'time';
/** What an operation says of itself; the rest is the same for all. */
export type Stated = Statement extends infer S ? (S extends Statement ? Omit<S, Common> : never) : never;

export interface UnlockedParts {
  readonly place: Place;
  readonly vault: Vault;
  readonly audit: AuditLog;
  readonly uses: Uses;
  readonly peers: Peers;
  readonly sessions: Sessions;
  readonly verifyMs: number;
  /** Resolves when the host has the mark of all that is in the log. */
  readonly settled: () => Promise<void>;
  /** Called when what is stored was altered; ends this HSM's use of it. */
  readonly tampered: (what: string) => HsmError;
}

export class Unlocked {
  readonly parts: UnlockedParts;
  readonly vault: Vault;
  readonly audit: AuditLog;
  readonly uses: Uses;

  constructor(parts: UnlockedParts) {
    this.parts = parts;
    this.vault = parts.vault;
    this.audit = parts.audit;
    this.uses = parts.uses;
  }

  get cluster(): ValueOf<'cluster'> {
    return required(this.vault.get('cluster', 'cluster'), 'cluster');
  }

  get identity(): { readonly key: KeyObject; readonly certificate: string } {
    return required(this.vault.get('identity', 'identity'), 'identity');
  }

  get members(): readonly string[] {
    return [...this.vault.entries('member')].map(([id]) => id);
  }

  /** Whether a member is known to have made changes that are not here. */
  isBehind(others: readonly { readonly hsmId: string; readonly changes: number }[]): boolean {
    return others.some(
      ({ hsmId, changes }) => this.members.includes(hsmId) && this.vault.sequence(hsmId) < changes,
    );
  }

  /** Throws `members-down` unless every member of the cluster is there. */
  requireAllMembers(): void {
    const away = this.#others().filter((id) => !this.parts.peers.isLive(id));
    if (away.length > 0) throw membersDown(away);
  }

  /** Makes changes, and resolves when the members that are there have them; those that have not. */
  async commit(make: () => void): Promise<readonly string[]> {
    try {
      make();
    } catch (error) {
      // What it made before counts, and is told.
      void this.parts.peers.broadcast();
      throw error;
    }
    const [reached] = await Promise.all([this.parts.peers.broadcast(), this.parts.settled()]);
    return this.#others().filter((id) => !reached.has(id));
  }

  /** Those of the members that were reached, this HSM first. */
  reached(missed: readonly string[]): readonly string[] {
    return [this.parts.place.hsmId, ...this.#others()].filter((id) => !missed.includes(id));
  }

  /** Throws `tampered` when the object's record is no longer on disk as it was written. */
  requireWhole(kind: 'key' | 'user', id: string): void {
    if (this.vault.isWhole(kind, id, this.parts.verifyMs)) return;
    throw this.parts.tampered(`the record of ${kind} ${id}`);
  }

  receipt(stated: Stated): Buffer {
    const statement = canonicalJson({ version: 1, ...this.parts.place, time: Date.now(), ...stated });
    const { key, certificate } = this.identity;
    const signature = signWith(key)(Buffer.from(RECEIPT_PREFIX + statement));
    return encodeReceipt({
      statement,
      certificate,
      clusterCertificate: this.cluster.certificate,
      signature,
    });
  }

  #others(): readonly string[] {
    return this.members.filter((id) => id !== this.parts.place.hsmId);
  }
}

export const membersDown = (away: readonly string[]): HsmError =>
  new HsmError('members-down', `these members of the cluster cannot be reached: ${away.join(', ')}`);

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new HsmError('internal', `the store has no ${what}`);
  return value;
}
