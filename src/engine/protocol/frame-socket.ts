/**
 * One end of a pair: frames in, batches of frames out. Everything written in one turn of the event loop, and
 * all answers to one chunk, leave in one write. Any malformed frame closes the socket; nothing throws.
 */
import type { Socket } from 'node:net';
import { Reader, Writer } from './codec.ts';
import { FrameParser, writeFrame } from './frames.ts';

export interface FrameHandlers {
  /** Throwing closes the socket with that reason. `body` is valid as long as it is referenced. */
  frame(id: number, code: number, body: Reader): void;
  /** Once. `reason` is absent when the other end closed. */
  closed(reason: Error | undefined): void;
}

export interface FrameSocketOptions {
  /** Stop reading while the other end does not take what was written: what bounds a server's memory. */
  readonly pauseWhenBlocked: boolean;
  /** What the length of the next frame may say. Default: MAX_FRAME. */
  readonly maxFrame?: () => number;
}

export class FrameSocket {
  readonly #socket: Socket;
  readonly #handlers: FrameHandlers;
  readonly #options: FrameSocketOptions;
  readonly #writer = new Writer();
  #scheduled = false;
  #blocked = false;
  #held = false;
  #closed = false;

  constructor(socket: Socket, handlers: FrameHandlers, options: FrameSocketOptions) {
    this.#socket = socket;
    this.#handlers = handlers;
    this.#options = options;
    const parser = new FrameParser((id, code, buffer, start, end) => {
      if (!this.#closed) handlers.frame(id, code, new Reader(buffer, start, end));
    }, options.maxFrame);
    socket.on('data', (chunk: Buffer) => this.#receive(parser, chunk));
    socket.on('drain', () => {
      this.#blocked = false;
      this.flush();
      this.#regulate();
    });
    socket.on('error', (error) => this.close(error));
    socket.on('end', () => this.close());
    socket.on('close', () => this.close());
    socket.resume();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Appends a frame to this turn's batch; its size in bytes. Throws as `writeFrame` does. */
  send(id: number, code: number, body: (writer: Writer) => void): number {
    if (this.#closed) return 0;
    const size = writeFrame(this.#writer, id, code, body);
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.flush();
      });
    }
    return size;
  }

  flush(): void {
    if (this.#writer.length === 0 || this.#blocked || this.#closed) return;
    const batch = this.#writer.take();
    // Batches hold plaintext and, between engines, the root key.
    const taken = this.#socket.write(batch, () => batch.fill(0));
    if (taken) return;
    this.#blocked = true;
    this.#regulate();
  }

  /** Stops reading until released: for a receiver with enough unanswered requests. */
  hold(held: boolean): void {
    this.#held = held;
    this.#regulate();
  }

  /** Sends what is batched, then closes. Later calls do nothing. */
  close(reason?: Error): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    this.#writer.truncate(0);
    if (this.#socket.destroyed || this.#blocked) this.#socket.destroy();
    else this.#socket.destroySoon();
    this.#handlers.closed(reason);
  }

  #receive(parser: FrameParser, chunk: Buffer): void {
    if (this.#closed) return;
    try {
      parser.push(chunk);
    } catch (error) {
      this.close(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    // What the frames of this chunk caused goes out at once where it is an answer.
    this.flush();
  }

  #regulate(): void {
    if (this.#closed) return;
    if (this.#held || (this.#blocked && this.#options.pauseWhenBlocked)) this.#socket.pause();
    else this.#socket.resume();
  }
}
