/**
 * An open store: its objects in memory, each with the change that counts for it and the place of its record. A change
 * is in the log before it is in memory. Replication and marks are the callers' (Unlocked.commit).
 */
import { type FieldType, list, Reader, struct, Writer } from '../engine/protocol/codec.ts';
import {
  decodeValue,
  encodeValue,
  type KindName,
  kindOf,
  kinds,
  OWN_KINDS,
  type ValueOf,
} from './objects.ts';
import { HsmError } from './protocol/errors.ts';
import { change } from './protocol/peer-messages.ts';
import type { LogRecord, RecordRef } from './store/log.ts';
import type { Facts, Store } from './store/store.ts';

const changeForm = struct(change);
const changesForm = list(changeForm);
export type Change = FieldType<typeof changeForm>;

/** What counts for one object. */
interface Held {
  readonly kind: KindName;
  readonly meta: Omit<Change, 'content'>;
  /** Undefined: removed. */
  readonly value: unknown;
  ref: RecordRef | undefined;
  /** When the record was last known to be whole, by performance.now(). */
  checked: number;
}

const NOTHING = Buffer.alloc(0);

export class Vault {
  readonly hsmId: string;
  readonly store: Store;
  readonly #held = new Map<KindName, Map<string, Held>>();
  readonly #sequences = new Map<string, number>();
  /** Records of keys that are no more. */
  readonly #toErase: RecordRef[] = [];
  #clock = 0;
  /** Told of each object that changed, with its value before. */
  changed: (kind: KindName, id: string) => void = () => undefined;

  constructor(hsmId: string, store: Store) {
    this.hsmId = hsmId;
    this.store = store;
    for (const kind of Object.keys(kinds) as KindName[]) this.#held.set(kind, new Map());
  }

  /** Takes in what the log has. Throws `tampered`. */
  replay(records: readonly LogRecord[]): void {
    const overwritten: number[] = [];
    for (const { ref, content } of records) {
      if (content === undefined) overwritten.push(ref.offset);
      else this.#take(decodeChange(content), ref);
      content?.fill(0);
    }
    if (!overwritten.every((offset) => this.get('erased', String(offset)) !== undefined))
      throw new HsmError('tampered', 'records of the log were overwritten');
    this.#sequencesHeld();
    this.#erase();
  }

  get<K extends KindName>(kind: K, id: string): ValueOf<K> | undefined {
    return this.#of(kind).get(id)?.value as ValueOf<K> | undefined;
  }

  /** Of those that are not removed. */
  *entries<K extends KindName>(kind: K): Generator<readonly [string, ValueOf<K>]> {
    for (const [id, { value }] of this.#of(kind)) if (value !== undefined) yield [id, value as ValueOf<K>];
  }

  count(kind: KindName): number {
    let count = 0;
    for (const { value } of this.#of(kind).values()) if (value !== undefined) count += 1;
    return count;
  }

  /** The last change of an origin that is held here. */
  sequence(origin: string): number {
    return this.#sequences.get(origin) ?? 0;
  }

  get sequences(): readonly { readonly origin: string; readonly sequence: number }[] {
    return [...this.#sequences].map(([origin, sequence]) => ({ origin, sequence }));
  }

  /** Records of deleted keys that are still on disk, for want of room to say that they are not. */
  get unerased(): number {
    return this.#toErase.length;
  }

  put<K extends KindName>(kind: K, id: string, value: ValueOf<K>): void {
    this.#make(kind, id, encodeValue(kind, value), false);
  }

  remove(kind: KindName, id: string): void {
    this.#make(kind, id, NOTHING, true);
  }

  /** A change that another member made. Throws `refused`, `full`. */
  receive(received: Change): void {
    const kind = kindOf(received.kind);
    if (kind === undefined || received.kind >= OWN_KINDS)
      throw new HsmError('refused', 'a change of no known kind');
    if (received.sequence <= this.sequence(received.origin)) return;
    const counts = wins(received, this.#of(kind).get(received.id)?.meta);
    // The key of a change that counts no more, of a key that is removed, is not stored: only that the change came.
    this.#append(counts ? received : { ...received, clock: 0, removed: true, content: NOTHING });
  }

  /** What another member lacks of the objects, in the order in which origins made it. */
  lacking(held: ReadonlyMap<string, number>): readonly Change[] {
    return this.#changes(({ origin, sequence }) => sequence > (held.get(origin) ?? 0));
  }

  /** Of this HSM's own changes those after one, as far as they count. */
  madeSince(sequence: number): readonly Change[] {
    return this.#changes((meta) => meta.origin === this.hsmId && meta.sequence > sequence);
  }

  /** All that counts of these changes is here, though some never came because others took their place. */
  know(held: readonly { readonly origin: string; readonly sequence: number }[]): void {
    const news = held.filter(({ origin, sequence }) => sequence > this.sequence(origin));
    if (news.length === 0) return;
    for (const { origin, sequence } of news) this.#know(origin, sequence);
    try {
      this.put('sequences', 'held', { clock: this.#clock, held: this.sequences });
    } catch (error) {
      // Then the next start has to ask again.
      if (!(error instanceof HsmError && error.code === 'full')) throw error;
    }
  }

  #changes(wanted: (meta: Held['meta']) => boolean): readonly Change[] {
    const out: Change[] = [];
    for (const map of this.#held.values()) {
      for (const { kind, meta, value } of map.values()) {
        if (meta.kind >= OWN_KINDS || !wanted(meta)) continue;
        out.push({ ...meta, content: value === undefined ? NOTHING : encodeValue(kind, value as never) });
      }
    }
    return out.sort((a, b) => a.sequence - b.sequence);
  }

  /** Whether the record that an object is from is still on disk as it was written, if not looked at for `ageMs`. */
  isWhole(kind: KindName, id: string, ageMs: number): boolean {
    const held = this.#of(kind).get(id);
    const now = performance.now();
    if (held === undefined || now - held.checked <= ageMs) return true;
    if (held.ref === undefined || !this.store.log.holds(held.ref)) return false;
    held.checked = now;
    return true;
  }

  /** In memory only, to be written by `rewrite`: for an HSM that has no store yet, or is to get another storage key. */
  draft<K extends KindName>(kind: K, id: string, value: ValueOf<K>): void {
    const origin = kinds[kind].number >= OWN_KINDS ? '' : this.hsmId;
    this.#take(this.#changeOf(kind, id, encodeValue(kind, value), false, origin), undefined);
  }
  draftReceived(received: Change): void {
    this.#take(received, undefined);
  }

  /** Writes all objects under a new storage key (Store.rewrite). */
  rewrite(facts: Omit<Facts, 'wraps'>, wrapsOf: Parameters<Store['rewrite']>[1]): void {
    this.#of('erased').clear();
    this.draft('sequences', 'held', { clock: this.#clock, held: this.sequences });
    this.#toErase.length = 0;
    const all = [...this.#held.values()].flatMap((map) => [...map.values()]);
    const contents = all.map(({ kind, meta, value }) =>
      encodeChange({ ...meta, content: value === undefined ? NOTHING : encodeValue(kind, value as never) }),
    );
    const refs = this.store.rewrite(facts, wrapsOf, contents);
    for (const [index, held] of all.entries()) held.ref = refs[index];
    for (const content of contents) content.fill(0);
  }

  #make(kind: KindName, id: string, content: Buffer, removed: boolean): void {
    const own = kinds[kind].number >= OWN_KINDS;
    this.#append(this.#changeOf(kind, id, content, removed, own ? '' : this.hsmId));
  }

  #changeOf(kind: KindName, id: string, content: Buffer, removed: boolean, origin: string): Change {
    const sequence = origin === '' ? 0 : this.sequence(origin) + 1;
    return { kind: kinds[kind].number, id, origin, sequence, clock: this.#clock + 1, removed, content };
  }

  #append(made: Change): void {
    this.#write(made);
    this.#erase();
  }

  #write(made: Change): void {
    // What cannot be read must not be in the log: the next start would take it for altered.
    const value = readValue(made);
    const encoded = encodeChange(made);
    const ref = this.store.append(encoded);
    encoded.fill(0);
    if (this.#counts(made)) this.#hold(made, value, ref);
  }

  /**
   * Says which record is overwritten, then overwrites it: a start in between does both again. The change that it follows
   * is made and stays so: what there is no room for is done after a later one, or at the next start.
   */
  #erase(): void {
    try {
      for (let ref = this.#toErase[0]; ref !== undefined; ref = this.#toErase[0]) {
        const erased = encodeValue('erased', {});
        this.#write(this.#changeOf('erased', String(ref.offset), erased, false, ''));
        this.store.log.overwrite(ref);
        this.#toErase.shift();
      }
    } catch {
      // `unerased` tells.
    }
  }

  /** What a rewritten log says of changes that count no more. */
  #sequencesHeld(): void {
    const { clock = 0, held = [] } = this.get('sequences', 'held') ?? {};
    this.#clock = Math.max(this.#clock, clock);
    for (const { origin, sequence } of held) this.#know(origin, sequence);
  }

  #know(origin: string, sequence: number): void {
    if (origin !== '') this.#sequences.set(origin, Math.max(sequence, this.sequence(origin)));
  }

  #take(made: Change, ref: RecordRef | undefined): void {
    if (this.#counts(made)) this.#hold(made, readValue(made), ref);
  }

  /** From here on the change is known. */
  #counts(meta: Held['meta']): boolean {
    this.#know(meta.origin, meta.sequence);
    this.#clock = Math.max(this.#clock, meta.clock);
    return wins(meta, this.#of(knownKind(meta.kind)).get(meta.id)?.meta);
  }

  #hold({ content: _, ...meta }: Change, value: unknown, ref: RecordRef | undefined): void {
    const kind = knownKind(meta.kind);
    const map = this.#of(kind);
    const before = map.get(meta.id);
    map.set(meta.id, { kind, meta, value, ref, checked: performance.now() });
    if (kind === 'key' && before?.ref !== undefined && before.value !== undefined)
      this.#toErase.push(before.ref);
    this.changed(kind, meta.id);
  }

  #of(kind: KindName): Map<string, Held> {
    return this.#held.get(kind) as Map<string, Held>;
  }
}

function knownKind(number: number): KindName {
  const kind = kindOf(number);
  if (kind === undefined) throw new HsmError('tampered', 'a record of no known kind');
  return kind;
}

/** Throws `refused` for what is no content of the kind. */
function readValue({ kind, removed, content }: Change): unknown {
  if (removed) return undefined;
  try {
    return decodeValue(knownKind(kind), content);
  } catch {
    throw new HsmError('refused', 'a change that cannot be read');
  }
}

/** Last writer wins, and a removal what was written at the same time; all members agree which that is. */
function wins(next: Omit<Change, 'content'>, before: Omit<Change, 'content'> | undefined): boolean {
  if (before === undefined) return true;
  if (next.clock !== before.clock) return next.clock > before.clock;
  if (next.removed !== before.removed) return next.removed;
  return next.origin === before.origin ? next.sequence >= before.sequence : next.origin > before.origin;
}

export function encodeChange(made: Change): Buffer {
  const writer = new Writer();
  changeForm.write(writer, made);
  return writer.take();
}

function decodeChange(content: Buffer): Change {
  const reader = new Reader(content);
  const made = changeForm.read(reader);
  reader.end();
  return { ...made, content: Buffer.from(made.content) };
}

/** All of a backup. */
export function encodeChanges(made: readonly Change[]): Buffer {
  const writer = new Writer();
  changesForm.write(writer, made);
  return writer.take();
}
export function decodeChanges(content: Buffer): readonly Change[] {
  const reader = new Reader(content);
  const made = changesForm.read(reader);
  reader.end();
  return made;
}
