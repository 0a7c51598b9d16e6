/**
 * The last value that a front saw of each key material's use counter in one engine session: what closes the
 * counters in the journal when that engine is gone.
 */
import type { MessageName, ReplyOf, RequestOf } from './messages.ts';

export interface EndedSession {
  readonly session: string;
  /** By key material id. */
  readonly counters: ReadonlyMap<string, number>;
}

const MATERIAL_START = 24;
const MATERIAL_END = 56;

/** The material id in a ciphertext's header (ciphertext.ts), as the cheapest string to look up. */
function materialOf(ciphertext: Uint8Array): string {
  const buffer = Buffer.from(ciphertext.buffer, ciphertext.byteOffset, ciphertext.byteLength);
  return buffer.toString('latin1', MATERIAL_START, MATERIAL_END);
}

type Note = (ciphertext: Uint8Array, counter: number) => void;
type Counted = {
  readonly [N in MessageName]?: (note: Note, request: RequestOf<N>, reply: ReplyOf<N>) => void;
};

const counted: Counted = {
  encrypt: (note, _, reply) => note(reply.ciphertext, reply.counter),
  decrypt: (note, request, reply) => note(request.ciphertext, reply.counter),
  generateDataKey: (note, _, reply) => note(reply.ciphertext, reply.counter),
  reEncrypt: (note, request, reply) => {
    note(request.ciphertext, reply.sourceCounter);
    note(reply.ciphertext, reply.destinationCounter);
  },
};

export class SessionCounters {
  readonly session: string;
  readonly #last = new Map<string, number>();
  readonly #note: Note = (ciphertext, counter) => {
    // A dry run counts nothing and answers 0.
    if (counter > 0) this.#last.set(materialOf(ciphertext), counter);
  };

  constructor(session: string) {
    this.session = session;
  }

  see<N extends MessageName>(name: N, request: RequestOf<N>, reply: ReplyOf<N>): void {
    const note = counted[name] as ((n: Note, q: RequestOf<N>, r: ReplyOf<N>) => void) | undefined;
    note?.(this.#note, request, reply);
  }

  end(): EndedSession {
    const counters = new Map<string, number>();
    for (const [material, value] of this.#last) {
      counters.set(Buffer.from(material, 'latin1').toString('hex'), value);
    }
    return { session: this.session, counters };
  }
}
