/** Text on its way to a terminal. Much of it was chosen by callers, and none of it may steer what reads it. */

/**
 * Control characters (C0, DEL, C1), formatting ones (which hide, join or turn text around: bidi, zero width, tags),
 * line and paragraph separators, and what is no character: halves of surrogate pairs, private and unassigned ones.
 */
const STEERING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/gu;

/** One line, with `\uXXXX` for each UTF-16 code unit of such a character: in JSON's strings that is the same text. */
export const printable = (text: string): string => text.replace(STEERING, escaped);

/** Likewise, with its line feeds. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');

type Replacer = (key: string, value: unknown) => unknown;

/** Exact JSON that can be shown: JSON itself escapes only the first 32 characters. */
export const printableJson = (value: unknown, indent = 0, replacer?: Replacer): string =>
  printableLines(JSON.stringify(value, replacer, indent));

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
