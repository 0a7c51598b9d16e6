/** What commands print on standard output. */

export const printJson = (value: unknown): void => console.log(JSON.stringify(value, null, 2));

/** Names on the left, padded; a name without lines is left out. */
export function printFacts(facts: readonly (readonly [name: string, ...lines: string[]])[]): void {
  const shown = facts.filter(([, ...lines]) => lines.length > 0);
  const width = Math.max(...shown.map(([name]) => name.length));
  for (const [name, ...lines] of shown) {
    for (const [i, line] of lines.entries()) console.log(`${(i === 0 ? name : '').padEnd(width)}  ${line}`);
  }
}

/** Columns as wide as their widest cell. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((cells) => cells[i]?.length ?? 0)));
  for (const cells of all)
    console.log(
      cells
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

/** A word as a POSIX shell reads it back. */
export const shellWord = (word: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
