/** Copies and reads files with their hash: large ones, and without the whole of them in memory. */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

export interface Copied {
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
}
export interface CopyOptions {
  /** Bytes from the start; absent: all that is there. */
  readonly size?: number;
  readonly signal?: AbortSignal;
  /** Told bytes as they are done. */
  readonly progress?: (bytes: number) => void;
}

const CHUNK = 1024 * 1024;

/** `to` MUST NOT exist; it is made with mode 0600, and durable when this resolves. */
export async function copyHashed(from: string, to: string, options: CopyOptions = {}): Promise<Copied> {
  const source = await open(from, 'r');
  try {
    const target = await open(to, 'wx', 0o600);
    try {
      const copied = await pump(source, options, (chunk) => target.writeFile(chunk));
      await target.sync();
      return copied;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

export async function hashFile(path: string, options: CopyOptions = {}): Promise<Copied> {
  const source = await open(path, 'r');
  try {
    return await pump(source, options, async () => {});
  } finally {
    await source.close();
  }
}

async function pump(
  source: FileHandle,
  { size = Number.POSITIVE_INFINITY, signal, progress }: CopyOptions,
  take: (chunk: Buffer) => Promise<void>,
): Promise<Copied> {
  const digest = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK);
  let done = 0;
  while (done < size) {
    signal?.throwIfAborted();
    const { bytesRead } = await source.read(buffer, 0, Math.min(CHUNK, size - done), done);
    if (bytesRead === 0) break;
    const chunk = buffer.subarray(0, bytesRead);
    digest.update(chunk);
    await take(chunk);
    done += bytesRead;
    progress?.(bytesRead);
  }
  return { size: done, sha256: digest.digest('hex') };
}
