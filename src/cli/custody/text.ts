/** The report for a terminal: as wide as it is, the weakest first. */

import { printable } from '../../core/printable.ts';
import { crosswalk } from '../../custody/report/crosswalk.ts';
import { legend, notices, receivers, validity } from '../../custody/report/footer.ts';
import type { CellReport, LineageReport, Report, SubjectReport } from '../../custody/report/report.ts';
import { origins, takers } from '../../custody/report/words.ts';
import { brokenLines } from '../broken-lines.ts';

const MIN_WIDTH = 40;
const GAP = 2;
const HEAD = ['', 'MATERIAL', 'USE', 'PLAINTEXT'];

export function reportText(report: Report, columns: number): string {
  const width = Math.max(MIN_WIDTH, columns);
  const { subjects, omitted, declared, unknown, cost } = report;
  return [
    ...subjects.flatMap((subject) => [...subjectText(subject, width), '']),
    ...(subjects.length === 0 ? ['There is no key and no bucket yet.', ''] : []),
    ...section(
      'Not judged',
      omitted.map(({ name, reason }) => `${name}: ${reason}`),
      width,
    ),
    ...section(
      'Cost at list price',
      cost.figures.map(({ what, usd, how }) => `${money(usd)}  ${what} (${how})`),
      width,
    ),
    ...section(
      'Commonly said, and here',
      crosswalk.map(
        (row) =>
          `${row.arrangement}: said: ${row.commonlySaid} AWS: ${row.awsStates} Here: ${row.here} ${row.why}`,
      ),
      width,
    ),
    ...section('Received plaintext or data keys', receivers(report), width),
    ...section(
      'Declared',
      declared.map(({ fact, by, at }) => `${fact}, by ${by}, ${at}`),
      width,
    ),
    ...section('Not known, so assumed', unknown, width),
    ...section(
      'Legend',
      legend.map(([sign, meaning]) => `${sign}: ${meaning}`),
      width,
    ),
    ...wrapped(validity(report), width, ''),
    ...notices.flatMap((notice) => wrapped(notice, width, '')),
  ].join('\n');
}

function subjectText(subject: SubjectReport, width: number): readonly string[] {
  const { kind, name, aliases, arrangements, state, rows, cost, handedOut } = subject;
  const about = [kind, ...arrangements, ...(state === undefined ? [] : [state]), ...aliases]
    .map(printable)
    .join(', ');
  return [
    ...wrapped(name, width, ''),
    ...wrapped(about, width, '  '),
    ...table(
      [
        HEAD,
        ...rows.map(({ actor, cells }) => [actor.id, cellOf(cells.M), cellOf(cells.U), cellOf(cells.P)]),
      ],
      width,
    ),
    ...cost.flatMap(({ what, usd, how }) => wrapped(`${money(usd)}  ${what} (${how})`, width, '  ')),
    ...subject.lineage.flatMap((material) =>
      lineageText(material, takers(subject, material.material), width),
    ),
    ...(handedOut === undefined
      ? []
      : wrapped(`ciphertexts handed out: ${handedOut.ciphertexts}`, width, '  ')),
  ];
}

const cellOf = ({ text, fromNextStart }: CellReport): string =>
  fromNextStart === undefined ? text : `${text}, then ${fromNextStart.text}`;

function lineageText(lineage: LineageReport, exposed: readonly string[], width: number): readonly string[] {
  const { material, events, inBackups, outlivedByBackup, sameAs, objects } = lineage;
  const past = events.map(({ event, time }) => `${event} ${time}`).join(', ');
  const lines = [
    `material ${material}: ${past === '' ? 'no record' : past}`,
    ...origins(lineage),
    ...(exposed.length === 0 ? [] : [`could once have taken a copy: ${exposed.join(', ')}`]),
    ...(inBackups.length === 0
      ? []
      : [`in backups: ${inBackups.join(', ')}${outlivedByBackup ? ', ALTHOUGH IT IS DESTROYED' : ''}`]),
    ...(sameAs.length === 0 ? [] : [`the same material: ${sameAs.join(', ')}`]),
    ...(objects === undefined ? [] : [`objects stored under it: ${objects}`]),
  ];
  return lines.flatMap((line) => wrapped(line, width, '  '));
}

const money = (usd: number): string => `$${usd.toFixed(2)}`;

/** Columns share what is there; a cell that does not fit goes on below. */
function table(rows: readonly (readonly string[])[], width: number): readonly string[] {
  const cells = rows.map((row) => row.map(printable));
  const wanted = HEAD.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  const room = width - GAP * (HEAD.length - 1) - GAP;
  const total = wanted.reduce((sum, size) => sum + size, 0);
  const least = Math.floor(room / HEAD.length);
  const widths = total <= room ? wanted : wanted.map((size) => Math.min(size, Math.max(8, least)));
  return cells.flatMap((row) => {
    const parts = row.map((cell, i) => brokenLines(cell, widths[i] ?? 8));
    const height = Math.max(...parts.map((part) => part.length));
    return Array.from({ length: height }, (_, line) =>
      `  ${parts.map((part, i) => (part[line] ?? '').padEnd(widths[i] ?? 0)).join(' '.repeat(GAP))}`.trimEnd(),
    );
  });
}

function section(title: string, lines: readonly string[], width: number): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.flatMap((line) => wrapped(line, width, '  ')), ''];
}

const wrapped = (text: string, width: number, indent: string): readonly string[] =>
  brokenLines(printable(text), width - indent.length - GAP).map(
    (line, i) => `${indent}${i === 0 ? '' : '  '}${line}`,
  );
