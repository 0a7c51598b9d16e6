/** The file that is encrypted under each arrangement: new each time, so that nothing of it can be known beforehand. */
import { createHash, randomBytes } from 'node:crypto';

const ROWS = 2_000;
const SECRET_SIZE = 16;

export interface TheFile {
  readonly bytes: Buffer;
  readonly sha256: string;
  /** Lines of it, to look for. */
  readonly lines: readonly string[];
}

export function newFile(): TheFile {
  const rows = Array.from(
    { length: ROWS },
    (_, row) => `patient ${String(row).padStart(5, '0')} finding ${randomBytes(SECRET_SIZE).toString('hex')}`,
  );
  const bytes = Buffer.from(`${rows.join('\n')}\n`);
  const lines = [0, ROWS / 2, ROWS - 1].map((row) => rows[row] ?? '');
  return { bytes, sha256: hashOf(bytes), lines };
}

export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What was got, beside the file as it was stored. Throws when it is anything else. */
export function compared(got: Uint8Array, { bytes, sha256 }: TheFile): string {
  const found = hashOf(got);
  if (found !== sha256) throw new Error(`not the file: ${got.length} bytes with SHA-256 ${found}`);
  return `${got.length} of ${bytes.length} bytes, SHA-256 equal`;
}
