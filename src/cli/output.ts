/** What commands print on standard output: all of it printable. */
import { printable, printableJson, printableLines } from '../core/printable.ts';

/** Lines of text. */
export const print = (text: string): void => console.log(printableLines(text));

/** Beside what is asked for: on standard error. */
export const printNotice = (text: string): void => console.error(printableLines(text));

export const printJson = (value: unknown): void => console.log(printableJson(value, 2));

/** Names on the left, padded; a name without lines is left out. */
export function printFacts(facts: readonly (readonly [name: string, ...lines: string[]])[]): void {
  const shown = facts.filter(([, ...lines]) => lines.length > 0);
  const width = Math.max(...shown.map(([name]) => name.length));
  for (const [name, ...lines] of shown) {
    for (const [i, line] of lines.entries())
      print(`${(i === 0 ? name : '').padEnd(width)}  ${printable(line)}`);
  }
}

/** Columns as wide as their widest cell. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const all = [head, ...rows].map((cells) => cells.map(printable));
  const widths = head.map((_, i) => Math.max(...all.map((cells) => cells[i]?.length ?? 0)));
  for (const cells of all)
    print(
      cells
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

/** A word as a POSIX shell reads it back. */
export const shellWord = (word: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
