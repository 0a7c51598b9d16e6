/** Events that will be written together, laid out as the two files hold them: docs/formats/journal.md, "Records". */
import { hash } from 'node:crypto';
import type { EncodedEvent } from './contract.ts';
import { ENVELOPE_MAX } from './event.ts';
import { BODY_MAX } from './event-body.ts';
import { SALT_SIZE } from './event-memory.ts';
import { FRAME_HEAD } from './frames.ts';
import { ENVELOPE_AT, LEAF_SIZE } from './segment-reader.ts';
import type { Chunk } from './segment-writer.ts';

const START = 64 * 1024;
/** A buffer that a burst made larger than this is not kept. */
const KEEP_MAX = 4 * 1024 * 1024;

class Growing {
  buffer = Buffer.alloc(START);
  size = 0;

  /** Where `more` bytes may be written. */
  reserve(more: number): number {
    const at = this.size;
    this.size += more;
    if (this.size > this.buffer.length) {
      const grown = Buffer.alloc(Math.max(this.buffer.length * 2, this.size));
      this.buffer.copy(grown, 0, 0, at);
      this.buffer = grown;
    }
    return at;
  }
  get filled(): Buffer {
    return this.buffer.subarray(0, this.size);
  }
  clear(): void {
    this.size = 0;
    if (this.buffer.length > KEEP_MAX) this.buffer = Buffer.alloc(START);
  }
}

export class Batch {
  readonly #log = new Growing();
  readonly #bodies = new Growing();
  readonly #leaves = new Growing();
  #events: EncodedEvent[] = [];
  /** One promise for all: its callbacks run in the order in which the events came. */
  #done = Promise.withResolvers<void>();

  get events(): readonly EncodedEvent[] {
    return this.#events;
  }

  /** Throws RangeError for an event that the format cannot hold. */
  add(event: EncodedEvent): Promise<void> {
    const { envelope, body } = event;
    if (envelope.length === 0 || envelope.length > ENVELOPE_MAX)
      throw new RangeError('an envelope has 1 to 4096 bytes');
    if (body.length <= SALT_SIZE || body.length > BODY_MAX)
      throw new RangeError('a body has 17 to 262144 bytes');
    this.#addEnvelope(envelope);
    const at = frame(this.#bodies, body.length, this.#events.length);
    this.#bodies.buffer.set(body, at);
    this.#events.push(event);
    return this.#done.promise;
  }

  get chunk(): Chunk {
    return {
      log: this.#log.filled,
      bodies: this.#bodies.filled,
      leaves: this.#leaves.filled,
      count: this.#events.length,
    };
  }

  resolve(): void {
    this.#done.resolve();
  }
  reject(error: Error): void {
    this.#done.reject(error);
  }
  clear(): void {
    for (const part of [this.#log, this.#bodies, this.#leaves]) part.clear();
    this.#events = [];
    this.#done = Promise.withResolvers<void>();
  }

  /** The byte 0 between leaf hash and envelope is the one that RFC 6962 puts before a leaf: hashed in place. */
  #addEnvelope(envelope: Uint8Array): void {
    const size = ENVELOPE_AT + envelope.length;
    const at = frame(this.#log, size, this.#events.length);
    const { buffer } = this.#log;
    buffer[at + LEAF_SIZE] = 0;
    buffer.set(envelope, at + ENVELOPE_AT);
    const leaf = hash('sha256', buffer.subarray(at + LEAF_SIZE, at + size), 'latin1');
    buffer.write(leaf, at, 'latin1');
    const leafAt = this.#leaves.reserve(LEAF_SIZE);
    this.#leaves.buffer.write(leaf, leafAt, 'latin1');
  }
}

/** Writes a frame's head and returns where its payload begins. */
function frame(part: Growing, size: number, place: number): number {
  const at = part.reserve(FRAME_HEAD + size);
  part.buffer.writeUInt32BE(size, at);
  part.buffer.writeUInt32BE(place, at + 4);
  return at + FRAME_HEAD;
}
