/** One connection of the load: a raw keep-alive socket with one request in flight, for as long as it is wanted. */
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { type Answer, AnswerReader } from './answer.ts';

/** `first` begins the request; after it `piece` is sent `times` times. */
export interface Outgoing {
  readonly first: Buffer;
  readonly piece?: Buffer;
  readonly times?: number;
  /** Bytes that the body of a right answer has. */
  readonly answerBytes?: number;
}

export interface Load {
  readonly host: string;
  readonly port: number;
  next(): Outgoing;
  answered(answer: Answer, milliseconds: number, to: Outgoing): void;
  failed(reason: string): void;
}

const RECEIVE_BYTES = 256 * 1024;
const RECONNECT_MS = 10;

export class Connection {
  readonly #load: Load;
  readonly #received = Buffer.allocUnsafe(RECEIVE_BYTES);
  #socket: Socket | undefined;
  #answers = new AnswerReader();
  #sentAt = 0;
  #sent: Outgoing = { first: Buffer.alloc(0) };
  /** Pieces of the request in flight that were not handed to the socket yet. */
  #unsent = 0;
  #stopped = false;

  constructor(load: Load) {
    this.#load = load;
    this.#connect(performance.now());
  }

  stop(): void {
    this.#stopped = true;
    this.#socket?.destroy();
  }

  /** A request that waits for its connection is timed from when it began to wait. */
  #connect(since: number): void {
    const { host, port } = this.#load;
    const onread = {
      buffer: this.#received,
      callback: (length: number) => this.#receive(socket, this.#received.subarray(0, length)),
    };
    const socket: Socket = connect({ host, port, noDelay: true, onread });
    this.#socket = socket;
    this.#answers = new AnswerReader();
    socket.on('connect', () => this.#send(socket, since));
    socket.on('error', (error) => this.#lost(socket, error.message));
    socket.on('close', () => this.#lost(socket, 'the server closed the connection before it answered'));
  }

  #send(socket: Socket, since: number): void {
    this.#sentAt = since;
    this.#sent = this.#load.next();
    const { first, piece, times = 0 } = this.#sent;
    this.#unsent = piece === undefined ? 0 : times;
    socket.write(first);
    if (piece !== undefined) this.#sendPieces(socket, piece);
  }

  #sendPieces(socket: Socket, piece: Buffer): void {
    if (socket !== this.#socket) return;
    while (this.#unsent > 0) {
      this.#unsent -= 1;
      if (!socket.write(piece)) {
        socket.once('drain', () => this.#sendPieces(socket, piece));
        return;
      }
    }
  }

  #receive(socket: Socket, chunk: Buffer): boolean {
    if (this.#stopped || socket !== this.#socket) return false;
    try {
      const answer = this.#answers.take(chunk);
      if (answer !== undefined) this.#finish(socket, answer);
    } catch (error) {
      this.#lost(socket, error instanceof Error ? error.message : String(error));
    }
    return true;
  }

  #finish(socket: Socket, answer: Answer): void {
    const now = performance.now();
    this.#load.answered(answer, now - this.#sentAt, this.#sent);
    if (this.#stopped) return;
    // An answer in the middle of its request: what is left of the request has no place on this connection.
    if (!answer.close && this.#unsent === 0) {
      this.#send(socket, now);
      return;
    }
    this.#socket = undefined;
    socket.destroy();
    this.#connect(now);
  }

  #lost(socket: Socket, reason: string): void {
    if (this.#stopped || socket !== this.#socket) return;
    this.#socket = undefined;
    socket.destroy();
    this.#load.failed(reason);
    setTimeout(() => {
      if (!this.#stopped) this.#connect(performance.now());
    }, RECONNECT_MS);
  }
}
