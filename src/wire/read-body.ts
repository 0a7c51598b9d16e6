import type { IncomingMessage } from 'node:http';

const EMPTY = Buffer.alloc(0);

/** Memory for bodies that are still coming in, of all connections together: nobody has proved who they are yet. */
export class BodyMemory {
  readonly #limit: number;
  #used = 0;

  /** `limit` in bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  take(bytes: number): boolean {
    if (this.#used + bytes > this.#limit) return false;
    this.#used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}

/** `too-large`: longer than the limit. `no-room`: the memory for bodies is used up. */
export type ReadBody = Buffer | 'too-large' | 'no-room';

/**
 * Reads a whole body by callback, which costs less than a promise on the way of every request. `done` is called
 * once, and never when the client goes away. `limit` in bytes.
 */
export function readBody(
  request: IncomingMessage,
  limit: number,
  memory: BodyMemory,
  done: (body: ReadBody) => void,
): void {
  let first: Buffer = EMPTY;
  let more: Buffer[] | undefined;
  let size = 0;
  const finish = (body: ReadBody): void => {
    memory.give(size);
    request.off('data', onData).off('end', onEnd).off('close', onClose);
    done(body);
  };
  const onData = (chunk: Buffer): void => {
    if (size + chunk.length > limit) finish('too-large');
    else if (!memory.take(chunk.length)) finish('no-room');
    else {
      size += chunk.length;
      if (first === EMPTY) first = chunk;
      else if (more === undefined) more = [first, chunk];
      else more.push(chunk);
    }
  };
  const onEnd = (): void => finish(more === undefined ? first : Buffer.concat(more, size));
  const onClose = (): void => memory.give(size);
  request.on('data', onData).on('end', onEnd).on('close', onClose);
}
