/** As much of HTTP/1.1 as a load generator needs to know that an answer is whole. */

export interface Answer {
  readonly status: number;
  /** The server will close the connection. */
  readonly close: boolean;
  /** Bytes of the body. */
  readonly length: number;
  /** The body's beginning: an error in full, of an object no more than a look. */
  readonly body: Buffer;
}

const KEPT_BYTES = 1024;
const headEnd = Buffer.from('\r\n\r\n');
const statusAt = 'HTTP/1.1 '.length;
const nothing = Buffer.alloc(0);

/** Reads one answer after another, of any size, from what a connection receives. */
export class AnswerReader {
  #pending: Buffer = nothing;
  #answer: Answer | undefined;
  #left = 0;

  /** The answer, with its last byte; until then undefined. Throws where it has no Content-Length. Keeps no `chunk`. */
  take(chunk: Buffer): Answer | undefined {
    const body = this.#answer === undefined ? this.#head(chunk) : chunk;
    if (this.#answer === undefined || body === undefined) return undefined;
    this.#keep(body);
    this.#left -= body.length;
    if (this.#left > 0) return undefined;
    const whole = { ...this.#answer, body: this.#pending };
    this.#pending = nothing;
    this.#answer = undefined;
    return whole;
  }

  /** What comes after the head, once the head is whole. */
  #head(chunk: Buffer): Buffer | undefined {
    const data = Buffer.concat([this.#pending, chunk]);
    const end = data.indexOf(headEnd);
    if (end === -1) {
      this.#pending = data;
      return undefined;
    }
    const head = data.toString('latin1', 0, end);
    const length = /\r\ncontent-length: *([0-9]+)/i.exec(head)?.[1];
    if (length === undefined) throw new Error('an answer without Content-Length');
    this.#answer = {
      status: Number(head.slice(statusAt, statusAt + 3)),
      close: /\r\nconnection: *close/i.test(head),
      length: Number(length),
      body: nothing,
    };
    this.#left = Number(length);
    this.#pending = nothing;
    return data.subarray(end + headEnd.length);
  }

  #keep(body: Buffer): void {
    const room = KEPT_BYTES - this.#pending.length;
    if (room > 0 && body.length > 0) this.#pending = Buffer.concat([this.#pending, body.subarray(0, room)]);
  }
}
