/** The last successful cryptographic use of each key (KMS API, GetKeyLastUsage), as the journal tells it. */
import { type KmsArn, parseKmsArn } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import type { KeyLastUsageTrackingOperation } from '../core/shapes/kms.ts';
import type { Store } from '../store/contract.ts';
import { type DerivedChange, scanDerived } from './derived-rows.ts';
import type { EntryFacts } from './entry.ts';

export interface KeyUsage {
  readonly operation: KeyLastUsageTrackingOperation;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly eventId: string;
  readonly requestId: string;
}

const TRACKED: ReadonlySet<string> = new Set<KeyLastUsageTrackingOperation>([
  'Decrypt',
  'DeriveSharedSecret',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'ReEncrypt',
  'Sign',
  'Verify',
  'VerifyMac',
  'Encapsulate',
  'Decapsulate',
]);
const isTracked = (name: string): name is KeyLastUsageTrackingOperation => TRACKED.has(name);

/** Uses since the rows were last written; the rows have the rest, so memory is bounded by what is used meanwhile. */
export class LastUsageView {
  #recent = new Map<string, KeyUsage>();
  /** Being written. */
  #leaving: ReadonlyMap<string, KeyUsage> = new Map();
  readonly #node: string;

  constructor(node: string) {
    this.#node = node;
  }

  get size(): number {
    return this.#recent.size;
  }

  /** Each key that a call used counts: both of ReEncrypt. */
  apply(facts: EntryFacts): void {
    const { name, time, uses } = facts;
    if (uses.length === 0 || facts.errorCode !== undefined || !isTracked(name)) return;
    const usage: KeyUsage = { operation: name, time, eventId: facts.id, requestId: facts.requestId };
    for (const { keyArn } of uses) {
      const known = this.#recent.get(keyArn);
      if (known === undefined || known.time <= time) this.#recent.set(keyArn, usage);
    }
  }

  /** The last use on any node, as far as rows and memory know. */
  async get(store: Store, keyArn: string): Promise<KeyUsage | undefined> {
    const arn = parseKmsArn(keyArn);
    if (arn === undefined) return undefined;
    let last = later(this.#recent.get(keyArn), this.#leaving.get(keyArn));
    for await (const { value } of scanDerived(store, rowPrefix(arn))) last = later(last, parseUsage(value));
    // Written and forgotten while the rows were read.
    return later(last, this.#recent.get(keyArn));
  }

  /** What to write; `written` then lets go of it, `refused` keeps it for the next time. */
  leave(): readonly DerivedChange[] {
    this.#leaving = this.#recent;
    this.#recent = new Map();
    return [...this.#leaving].flatMap(([keyArn, usage]): readonly DerivedChange[] => {
      const arn = parseKmsArn(keyArn);
      return arn === undefined ? [] : [[`${rowPrefix(arn)}${this.#node}`, { ...usage }]];
    });
  }
  written(): void {
    this.#leaving = new Map();
  }
  refused(): void {
    this.#recent = new Map([...this.#leaving, ...this.#recent]);
    this.#leaving = new Map();
  }
}

const rowPrefix = ({ account, region, resource }: KmsArn): string =>
  `usage/${account}/${region}/${resource.replace('key/', '')}/`;

function later(a: KeyUsage | undefined, b: KeyUsage | undefined): KeyUsage | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.time > a.time ? b : a;
}

function parseUsage({ operation, time, eventId, requestId }: JsonObject): KeyUsage | undefined {
  if (typeof operation !== 'string' || !isTracked(operation) || typeof time !== 'number') return undefined;
  if (typeof eventId !== 'string' || typeof requestId !== 'string') return undefined;
  return { operation, time, eventId, requestId };
}
