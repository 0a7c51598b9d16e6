/**
 * What left under each key, as the journal tells it: ciphertexts, and by principal the data keys and plaintexts that left
 * in clear. Rows hold sums up to an entry each, so that an entry read twice is counted once.
 */
import { type KmsArn, PARTITION, parseKmsArn } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import type { Store } from '../store/contract.ts';
import type { EventFacts, JournalEntry } from './contract.ts';
import { type DerivedChange, readDerived, scanDerived } from './derived-rows.ts';
import { type EntryFacts, parseBody } from './entry.ts';

export interface HandedOut {
  /** Ciphertexts and wrapped data keys. */
  readonly ciphertexts: number;
  readonly dataKeys: ReadonlyMap<string, number>;
  readonly plaintexts: ReadonlyMap<string, number>;
}

interface Sums {
  /** Entries before this one are in them. */
  index: number;
  ciphertexts: number;
  readonly dataKeys: Map<string, number>;
  readonly plaintexts: Map<string, number>;
}

/** What a successful call hands out under the key that it used last. */
const kinds: Readonly<
  Record<string, { readonly ciphertext: boolean; readonly clear?: 'dataKeys' | 'plaintexts' }>
> = {
  Encrypt: { ciphertext: true },
  ReEncrypt: { ciphertext: true },
  GenerateDataKey: { ciphertext: true, clear: 'dataKeys' },
  GenerateDataKeyWithoutPlaintext: { ciphertext: true },
  Decrypt: { ciphertext: false, clear: 'plaintexts' },
};

const noSums = (index = 0): Sums => ({ index, ciphertexts: 0, dataKeys: new Map(), plaintexts: new Map() });

export class HandedOutView {
  /** By key, in order: all but the last were in a write that was refused, and may be in the row all the same. */
  #recent = new Map<string, Sums[]>();
  /** Being written. */
  #leaving: ReadonlyMap<string, readonly Sums[]> = new Map();
  /** By key: entries before are in its row already. */
  #counted = new Map<string, number>();
  readonly #node: string;

  constructor(node: string) {
    this.#node = node;
  }

  get size(): number {
    return this.#recent.size;
  }

  /** Before entries are read that rows may have counted. */
  async load(store: Store): Promise<void> {
    for await (const { id, value } of scanDerived(store, PREFIX)) {
      const [, account, region, key, node] = id.split('/');
      if (node === this.#node)
        this.#counted.set(`arn:${PARTITION}:kms:${region}:${account}:key/${key}`, parsed(value).index);
    }
  }
  /** What comes from now on was never counted. */
  loaded(): void {
    this.#counted = new Map();
  }

  apply(entry: JournalEntry, facts: EntryFacts & { readonly caller?: EventFacts['caller'] }): void {
    const kind = Object.hasOwn(kinds, facts.name) ? kinds[facts.name] : undefined;
    const key = facts.uses.at(-1)?.keyArn;
    if (kind === undefined || key === undefined || facts.errorCode !== undefined) return;
    if (entry.index < (this.#counted.get(key) ?? 0)) return;
    const sums = this.#open(key);
    sums.index = entry.index + 1;
    if (kind.ciphertext) sums.ciphertexts += 1;
    if (kind.clear !== undefined) add(sums[kind.clear], principalOf(entry, facts), 1);
  }

  /** On all nodes, as far as rows and memory know. */
  async get(store: Store, keyArn: string): Promise<HandedOut> {
    const arn = parseKmsArn(keyArn);
    const total = noSums();
    if (arn === undefined) return total;
    // Before the rows are read: what is written meanwhile is then in one of both.
    const parts = [...(this.#leaving.get(keyArn) ?? []), ...(this.#recent.get(keyArn) ?? [])];
    let written = 0;
    for await (const { id, value } of scanDerived(store, rowPrefix(arn))) {
      const sums = parsed(value);
      if (id === rowPrefix(arn) + this.#node) written = sums.index;
      addAll(total, sums);
    }
    for (const part of parts) if (part.index > written) addAll(total, part);
    return total;
  }

  /** What to write; `written` then lets go of it, `refused` keeps it for the next time. */
  async leave(store: Store): Promise<readonly DerivedChange[]> {
    this.#leaving = this.#recent;
    this.#recent = new Map();
    const changes: DerivedChange[] = [];
    for (const [key, parts] of this.#leaving) {
      const arn = parseKmsArn(key);
      if (arn === undefined) continue;
      const id = rowPrefix(arn) + this.#node;
      const row = parsed((await readDerived(store, id)) ?? {});
      const written = row.index;
      for (const part of parts) if (part.index > written) addAll(row, part);
      if (row.index > written) changes.push([id, rowOf(row)]);
    }
    return changes;
  }
  written(): void {
    this.#leaving = new Map();
  }
  refused(): void {
    for (const [key, parts] of this.#leaving) {
      const later = this.#recent.get(key) ?? [noSums()];
      this.#recent.set(key, [...parts, ...later]);
    }
    this.#leaving = new Map();
  }

  #open(key: string): Sums {
    const parts = this.#recent.get(key) ?? [noSums()];
    this.#recent.set(key, parts);
    const last = parts.at(-1);
    if (last === undefined) throw new TypeError('a key without sums');
    return last;
  }
}

const PREFIX = 'handed/';
const rowPrefix = ({ account, region, resource }: KmsArn): string =>
  `${PREFIX}${account}/${region}/${resource.replace('key/', '')}/`;

/** The caller of an entry that was read from a file is in its body; one that was erased hides nobody else's. */
function principalOf(entry: JournalEntry, { caller }: { readonly caller?: EventFacts['caller'] }): string {
  if (caller !== undefined) return caller.arn;
  const { arn } = parseBody(entry)?.userIdentity ?? {};
  return typeof arn === 'string' ? arn : 'somebody whose name was erased';
}

const add = (map: Map<string, number>, name: string, n: number): void => {
  map.set(name, (map.get(name) ?? 0) + n);
};

function addAll(to: Sums, from: Sums): void {
  to.index = Math.max(to.index, from.index);
  to.ciphertexts += from.ciphertexts;
  for (const clear of ['dataKeys', 'plaintexts'] as const)
    for (const [name, n] of from[clear]) add(to[clear], name, n);
}

const rowOf = ({ index, ciphertexts, dataKeys, plaintexts }: Sums): JsonObject => ({
  index,
  ciphertexts,
  dataKeys: Object.fromEntries(dataKeys),
  plaintexts: Object.fromEntries(plaintexts),
});

function parsed({ index, ciphertexts, dataKeys, plaintexts }: JsonObject): Sums {
  const counts = (value: unknown): Map<string, number> =>
    new Map(
      Object.entries(Object(value)).flatMap(([name, n]) =>
        typeof n === 'number' ? [[name, n] as const] : [],
      ),
    );
  return {
    index: typeof index === 'number' ? index : 0,
    ciphertexts: typeof ciphertexts === 'number' ? ciphertexts : 0,
    dataKeys: counts(dataKeys),
    plaintexts: counts(plaintexts),
  };
}
