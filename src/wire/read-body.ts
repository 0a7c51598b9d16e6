import type { IncomingMessage } from 'node:http';

const EMPTY = Buffer.alloc(0);

/**
 * Reads a whole body by callback, which costs less than a promise on the way of every request. `done` is called
 * once: with the body, with undefined when it is longer than `limit` bytes, and never when the client goes away.
 */
export function readBody(
  request: IncomingMessage,
  limit: number,
  done: (body: Buffer | undefined) => void,
): void {
  let first: Buffer = EMPTY;
  let more: Buffer[] | undefined;
  let size = 0;
  const onData = (chunk: Buffer): void => {
    size += chunk.length;
    if (size > limit) {
      request.off('data', onData).off('end', onEnd);
      done(undefined);
    } else if (first === EMPTY) first = chunk;
    else if (more === undefined) more = [first, chunk];
    else more.push(chunk);
  };
  const onEnd = (): void => done(more === undefined ? first : Buffer.concat(more, size));
  request.on('data', onData).on('end', onEnd);
}
