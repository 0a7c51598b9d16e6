/** Ranges of bytes (RFC 9110, section 14): one range; anything else is answered with the whole, as S3 does. */
import type { Range } from '../envelope/reader.ts';
import { invalidRange } from './errors.ts';

const RANGE = /^bytes=([0-9]*)-([0-9]*)$/;

/** Undefined for the whole object. Throws InvalidRange when none of the range is in the object. */
export function parseRange(header: string | undefined, size: number): Range | undefined {
  const [, from = '', to = ''] = RANGE.exec(header ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  const range =
    from === ''
      ? { start: Math.max(0, size - Number(to)), end: Number(to) === 0 ? 0 : size }
      : { start: Number(from), end: to === '' ? size : Math.min(size, Number(to) + 1) };
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  if (range.start >= range.end) throw invalidRange(header ?? '', size);
  return range;
}
