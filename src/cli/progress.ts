/** How far long work is: one line on standard error that is written over, where that is a terminal. */
import type { WriteStream } from 'node:tty';

export interface ProgressLine {
  show(text: string): void;
  /** Takes the line away. */
  end(): void;
}

const SHOW_EVERY_MS = 100;

export function progressLine(stream: WriteStream = process.stderr): ProgressLine {
  if (!stream.isTTY) return { show: () => {}, end: () => {} };
  let last = Number.NEGATIVE_INFINITY;
  const clear = '\r\u001b[K';
  return {
    show(text) {
      const now = performance.now();
      if (now - last < SHOW_EVERY_MS) return;
      last = now;
      stream.write(clear + text.slice(0, stream.columns - 1));
    },
    end: () => void stream.write(clear),
  };
}

export const percent = (done: number, total: number): string =>
  `${total === 0 ? 100 : Math.floor((100 * done) / total)}%`;

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export function readableSize(bytes: number): string {
  let [size, unit] = [bytes, 0];
  for (; size >= 1024 && unit < UNITS.length - 1; unit++) size /= 1024;
  return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit]}`;
}
