/** What the tour prints: each step with the time since its start. */
import { brokenLines } from '../../src/cli/broken-lines.ts';

const started = performance.now();
const NAME_WIDTH = 44;
const WIDTH = 120;

export const seconds = (): string => ((performance.now() - started) / 1000).toFixed(1);

export const title = (text: string): void => console.log(`\n${text}\n`);
export const step = (text: string): void => console.log(`[${seconds().padStart(5)} s] ${text}`);
export const line = (text = ''): void => console.log(text);
/** A name, and on its right what is said of it. */
export function fact(name: string, text: string): void {
  const [first = '', ...more] = broken(text, WIDTH - NAME_WIDTH - 6);
  console.log(`    ${name.padEnd(NAME_WIDTH)}  ${first}`);
  for (const rest of more) console.log(`    ${''.padEnd(NAME_WIDTH)}  ${rest}`);
}

/** Columns as wide as their widest cell; rows begin with two blanks. */
export function table(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  for (const row of rows)
    console.log(`  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd());
}

export function paragraph(text: string, indent = '  '): void {
  for (const row of broken(text, WIDTH - indent.length)) console.log(indent + row);
}

const broken = (text: string, room: number): readonly string[] =>
  brokenLines(text.replaceAll(/\s+/g, ' '), room);
