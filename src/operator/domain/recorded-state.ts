/**
 * What the journal says of the domain state: the last epoch, and the hash of the state that has it. So that a
 * start need not read the whole journal, a row remembers what was true as of an index; what came later is read.
 * An old row costs reading and nothing else, so a database that was put back does not hide newer epochs; a made-up
 * one is refused by its MAC.
 */
import type { Journal, JournalEntry } from '../../audit/contract.ts';
import { parseBody, parseEnvelope } from '../../audit/entry.ts';
import type { RowRef } from '../../store/contract.ts';
import type { Rows } from '../../store/rows-contract.ts';

export const STATE_EVENT = 'DomainStateChanged';

export interface RecordedState {
  /** 0: the journal knows of none. */
  readonly epoch: number;
  /** Hex SHA-256 of the sealed state. */
  readonly sha256: string;
  /** Index of an entry that says so, or of one before it: retention must leave what comes from there on. */
  readonly at: number;
}
interface Mark extends RecordedState {
  /** Entries before this one are accounted for. */
  readonly index: number;
}

const NONE: Mark = { index: 0, epoch: 0, sha256: '', at: 0 };
/** Reading so many entries takes a fraction of a second. */
const UNMARKED = 50_000;
const NAME_FIELD = Buffer.from(`"name":"${STATE_EVENT}"`);

export interface RecordingJournal extends Pick<Journal, 'size' | 'read'> {
  /** Index of the first entry of the segment that is written. */
  readonly lastSegment: number;
  /** Retention leaves the entries from this one on. */
  keepFrom(index: number): void;
}

/** From the whole journal: for a store that is new or whose rows cannot be checked. */
export const recordedSince = async (
  journal: Pick<Journal, 'read'>,
  mark: Mark = NONE,
): Promise<RecordedState> => {
  let last: RecordedState = mark;
  for await (const entry of journal.read(mark.index)) last = stateIn(entry) ?? last;
  return { epoch: last.epoch, sha256: last.sha256, at: last.at };
};

function stateIn(entry: JournalEntry): RecordedState | undefined {
  const { buffer, byteOffset, byteLength } = entry.envelope;
  if (!Buffer.from(buffer, byteOffset, byteLength).includes(NAME_FIELD)) return undefined;
  const { type, name, errorCode } = parseEnvelope(entry);
  if (type !== 'LockholmEvent' || name !== STATE_EVENT || errorCode !== undefined) return undefined;
  const facts = parseBody(entry)?.additionalEventData;
  return typeof facts?.epoch === 'number'
    ? { epoch: facts.epoch, sha256: String(facts.sha256), at: entry.index }
    : undefined;
}

/** One node's journal. Calls follow each other, and none overlaps with the writing of a state's entry. */
export class RecordedStates {
  readonly #rows: Rows;
  readonly #journal: RecordingJournal;
  readonly #place: RowRef;
  #index = 0;
  #last: RecordedState = NONE;

  constructor(rows: Rows, journal: RecordingJournal, node: string) {
    this.#rows = rows;
    this.#journal = journal;
    this.#place = { table: 'setting', id: `domain-recorded/${node}` };
  }

  /** Rejects with RowError when the row is not Lockholm's. */
  async read(): Promise<RecordedState> {
    const stored = await this.#rows.get<Mark>(this.#place.table, this.#place.id);
    // A mark beyond the journal's end is of another journal.
    const mark = stored !== undefined && stored.value.index <= this.#journal.size ? stored.value : NONE;
    this.#index = mark.index;
    this.note(await recordedSince(this.#journal, mark));
    return this.#last;
  }

  /** The journal holds an entry for this state now. */
  note(state: RecordedState): void {
    this.#last = state;
    this.#journal.keepFrom(state.at);
  }

  /** Retention waits for an entry in the segment that is written. */
  get aging(): boolean {
    return this.#last.at < this.#journal.lastSegment;
  }

  get behind(): boolean {
    return this.#journal.size - this.#index >= UNMARKED;
  }

  async save(): Promise<void> {
    const index = this.#journal.size;
    const before = await this.#rows.get<Mark>(this.#place.table, this.#place.id);
    const value: Mark = { ...this.#last, index };
    await this.#rows.commit({ put: [{ ...this.#place, version: (before?.version ?? 0) + 1, value }] });
    this.#index = index;
  }
}
