/** The report as a person reads it. */
import type { Report, Row, Table } from './results.ts';

type Column = readonly [title: string, cell: (row: Row, table: Table) => string];

const rate: Column = ['requests/s', (row) => amount(row.requestsPerSecond)];
const throughput: Column = [
  'MB/s',
  (row, { payloadBytes = 0 }) => amount((row.requestsPerSecond * payloadBytes) / 1e6),
];
const ratio = ({ yardstick }: Table): Column => [
  `of ${yardstick}`,
  ({ ofYardstick }) => (ofYardstick === undefined ? '-' : ofYardstick.toFixed(ofYardstick < 0.1 ? 4 : 2)),
];
const others: readonly Column[] = [
  ['per CPU-s', ({ requestsPerCpuSecond: rate }) => (rate === undefined ? '-' : amount(rate))],
  ['p50 ms', (row) => row.p50Ms.toFixed(2)],
  ['p99 ms', (row) => row.p99Ms.toFixed(2)],
  ['max ms', (row) => row.maxMs.toFixed(1)],
  ['errors', (row) => amount(row.errors)],
];

const columnsOf = (table: Table): readonly Column[] => [
  rate,
  ...(table.payloadBytes === undefined ? [] : [throughput]),
  ratio(table),
  ...others,
];

/** Few requests a second, as of large objects, need their decimals. */
const amount = (value: number): string =>
  value !== 0 && value < 100 ? value.toFixed(value < 10 ? 2 : 1) : Math.round(value).toLocaleString('en-US');

const NAME_WIDTH = 14;
const CELL_WIDTH = 12;

const line = (name: string, cells: readonly string[]): string =>
  `  ${name.padEnd(NAME_WIDTH)}${cells.map((cell) => cell.padStart(Math.max(CELL_WIDTH, cell.length + 1))).join('')}`;

const units: readonly (readonly [bytes: number, unit: string])[] = [
  [2 ** 20, 'MiB'],
  [2 ** 10, 'KiB'],
  [1, 'B'],
];

export const sizeText = (bytes: number): string => {
  const [size, unit] = units.find(([least]) => bytes >= least) ?? [1, 'B'];
  return `${bytes / size} ${unit}`;
};

export const titleOf = ({
  group,
  operation,
  payloadBytes,
  connections,
}: Pick<Table, 'group' | 'operation' | 'payloadBytes' | 'connections'>): string =>
  `${group}: ${operation}${payloadBytes === undefined ? '' : ` of ${sizeText(payloadBytes)}`}, ${connections} in flight`;

const renderTable = (table: Table): string => {
  const columns = columnsOf(table);
  return [
    titleOf(table),
    line(
      '',
      columns.map(([title]) => title),
    ),
    ...table.rows.map((row) =>
      line(
        row.contender,
        columns.map(([, cell]) => cell(row, table)),
      ),
    ),
    ...table.rows
      .filter((row) => row.firstError)
      .map((row) => `  ${row.contender}'s first error: ${row.firstError}`),
  ].join('\n');
};

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
