import { intoNewFile, type WriteOnce } from '../files.ts';

/** Beside a wrapped key. */
export const receiptBeside = (path: string): string => `${path}.receipt`;

/** Where no file is named, the receipt is not kept. */
export const writeReceipt = <T>(
  file: string | undefined,
  work: (write: WriteOnce) => Promise<T>,
): Promise<T> => (file === undefined ? work(async () => undefined) : intoNewFile(file, work));
