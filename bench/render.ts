/** The report as a person reads it. */
import type { Report, Row, Table } from './results.ts';

const columns: readonly (readonly [title: string, cell: (row: Row) => string])[] = [
  ['requests/s', (row) => whole(row.requestsPerSecond)],
  ['of bare', (row) => (row.ofBare < 0.1 ? row.ofBare.toFixed(4) : row.ofBare.toFixed(2))],
  ['per CPU-s', (row) => (row.requestsPerCpuSecond === undefined ? '-' : whole(row.requestsPerCpuSecond))],
  ['p50 ms', (row) => row.p50Ms.toFixed(2)],
  ['p99 ms', (row) => row.p99Ms.toFixed(2)],
  ['max ms', (row) => row.maxMs.toFixed(1)],
  ['errors', (row) => whole(row.errors)],
];

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');

const NAME_WIDTH = 12;
const CELL_WIDTH = 12;

const line = (name: string, cells: readonly string[]): string =>
  `  ${name.padEnd(NAME_WIDTH)}${cells.map((cell) => cell.padStart(CELL_WIDTH)).join('')}`;

const renderTable = ({ operation, connections, rows }: Table): string =>
  [
    `${operation}, ${connections} connections`,
    line(
      '',
      columns.map(([title]) => title),
    ),
    ...rows.map((row) =>
      line(
        row.contender,
        columns.map(([, cell]) => cell(row)),
      ),
    ),
    ...rows
      .filter((row) => row.firstError)
      .map((row) => `  ${row.contender}'s first error: ${row.firstError}`),
  ].join('\n');

export const renderReport = ({ machine, options, firstAnswerSeconds, skipped, tables }: Report): string => {
  const starts = Object.entries(firstAnswerSeconds).map(
    ([name, seconds]) => `${name} ${seconds.toFixed(2)} s`,
  );
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.system}, Node ${machine.node}; load on the same machine.`,
    `Medians of ${options.rounds} rounds of ${options.seconds} s; max is of all.\n`,
    ...tables.map((table) => `${renderTable(table)}\n`),
    `From start to first answer: ${starts.join(', ')}`,
    ...Object.entries(skipped).map(([name, reason]) => `Skipped ${name}: ${reason}`),
  ].join('\n');
};
