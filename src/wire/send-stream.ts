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
    else await sendChunks(response, stream.chunks);
  } catch (error) {
    response.destroy();
    throw error;
  } finally {
    await stream.close();
  }
}

async function sendChunks(response: ServerResponse, chunks: ReplyStream['chunks']): Promise<void> {
  if (Array.isArray(chunks)) {
    response.cork();
    for (const chunk of chunks as readonly Buffer[]) response.write(chunk);
    response.end();
    response.uncork();
    return;
  }
  for await (const chunk of chunks) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await drained(response);
  }
  response.end();
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
