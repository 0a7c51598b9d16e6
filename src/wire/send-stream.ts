/** Sends a body that is not text, no faster than the client takes it. */
import type { ServerResponse } from 'node:http';
import type { ReplyStream } from './protocol.ts';

/**
 * The head of the response is written. Rejects when the chunks end in an error: the connection is then closed, so that
 * the client sees that the body is not whole. `idleMs` is how long the client may take nothing.
 */
export async function sendStream(
  response: ServerResponse,
  stream: ReplyStream,
  idleMs: number,
): Promise<void> {
  try {
    response.socket?.setTimeout(idleMs);
    if (response.req.method === 'HEAD') response.end();
    else await sendChunks(response, stream);
  } catch (error) {
    response.destroy();
    throw error;
  } finally {
    await stream.close();
  }
}

/** Bytes that may wait to be taken while more are made ready. */
const AHEAD = 2 * 1024 * 1024;

async function sendChunks(response: ServerResponse, { chunks, sent }: ReplyStream): Promise<void> {
  if (Array.isArray(chunks)) {
    writeTogether(response, chunks as readonly Buffer[]);
    response.end();
    return;
  }
  for await (const batch of chunks as AsyncIterable<readonly Buffer[]>) {
    if (response.destroyed) return;
    writeTogether(response, batch, sent);
    if (response.writableLength > AHEAD) await drained(response);
  }
  response.end();
}

/** In one system call. */
function writeTogether(
  response: ServerResponse,
  chunks: readonly Buffer[],
  sent?: (chunk: Buffer) => void,
): void {
  response.cork();
  // Of a chunk whose sending failed, the system may still have the memory.
  for (const chunk of chunks) response.write(chunk, (error) => error ?? sent?.(chunk));
  response.uncork();
}

/** Resolves too when the client went away. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
