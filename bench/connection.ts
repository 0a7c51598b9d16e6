/** One connection of the load: a raw keep-alive socket with one request in flight, for as long as it is wanted. */
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { type Answer, readAnswer } from './answer.ts';

export interface Load {
  readonly host: string;
  readonly port: number;
  /** The next request's bytes. */
  next(): Buffer;
  answered(answer: Answer, milliseconds: number): void;
  failed(reason: string): void;
}

const RECEIVE_BYTES = 64 * 1024;
const RECONNECT_MS = 10;
const nothing = Buffer.alloc(0);

export class Connection {
  readonly #load: Load;
  #socket: Socket | undefined;
  #pending: Buffer = nothing;
  #sentAt = 0;
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
    const received = Buffer.allocUnsafe(RECEIVE_BYTES);
    const onread = {
      buffer: received,
      callback: (length: number) => this.#receive(socket, received.subarray(0, length)),
    };
    const socket: Socket = connect({ host, port, noDelay: true, onread });
    this.#socket = socket;
    this.#pending = nothing;
    socket.on('connect', () => this.#send(since));
    socket.on('error', (error) => this.#lost(socket, error.message));
    socket.on('close', () => this.#lost(socket, 'the server closed the connection before it answered'));
  }

  #send(since: number): void {
    this.#sentAt = since;
    this.#socket?.write(this.#load.next());
  }

  #receive(socket: Socket, chunk: Buffer): boolean {
    if (this.#stopped || socket !== this.#socket) return false;
    const data = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    try {
      const answer = readAnswer(data);
      if (answer === undefined) this.#pending = Buffer.from(data);
      else this.#finish(socket, answer);
    } catch (error) {
      this.#lost(socket, error instanceof Error ? error.message : String(error));
    }
    return true;
  }

  #finish(socket: Socket, answer: Answer): void {
    const now = performance.now();
    this.#load.answered(answer, now - this.#sentAt);
    this.#pending = nothing;
    if (this.#stopped) return;
    if (!answer.close) {
      this.#send(now);
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
