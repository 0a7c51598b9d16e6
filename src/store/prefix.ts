/**
 * The least string that is greater than every string with this prefix, in the order of UTF-8 bytes, which is
 * that of code points (Unicode 15, section 2.5); undefined when there is none (an empty prefix, or U+10FFFF alone).
 */
export function prefixEnd(prefix: string): string | undefined {
  const points = Array.from(prefix, (char) => char.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10ffff) continue;
    const next = last === 0xd7ff ? 0xe000 : last + 1;
    return String.fromCodePoint(...points, next);
  }
  return undefined;
}
