/** Who reaches what, as a drawing: a line through is able alone, a broken one needs others, none is no way on record. */
import type { CellReport, RowReport } from '../report/report.ts';
import { type Html, html } from './escape.ts';
import { toneOf } from './tone.ts';

const WIDTH = 640;
const ROW = 34;
const TOP = 16;
const LEFT = 250;
const RIGHT = 470;
/** The others have a row of the table. */
const MOST = 12;

const goals = [
  ['M', 'key material'],
  ['U', 'use of the key'],
  ['P', 'plaintext passing'],
] as const;

export function picture(rows: readonly RowReport[]): Html {
  const shown = rows.slice(0, MOST);
  const height = TOP * 2 + ROW * Math.max(shown.length, goals.length * 2);
  const y = (index: number, count: number) => TOP + ((index + 0.5) * (height - 2 * TOP)) / count;
  const lines = shown.flatMap(({ cells }, i) =>
    goals.map(([question], j) => reach(cells[question], y(i, shown.length), y(j, goals.length))),
  );
  const description = shown
    .map(
      ({ actor, cells }) =>
        `${actor.id}: ${goals.map(([q, label]) => `${label} ${cells[q].text}`).join(', ')}`,
    )
    .join('; ');
  return html`<figure><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Who reaches what. ${description}">
${lines}
${shown.map(({ actor }, i) => html`<text x="${LEFT - 8}" y="${y(i, shown.length) + 4}" text-anchor="end">${short(actor.id)}</text>\n`)}
${goals.map(([, label], j) => html`<rect class="node" x="${RIGHT}" y="${y(j, goals.length) - 15}" width="${WIDTH - RIGHT - 4}" height="30" rx="5"/><text x="${RIGHT + 10}" y="${y(j, goals.length) + 4}">${label}</text>\n`)}
</svg><figcaption class="soft">A whole line: alone. A broken line: needs others. No line: no way on record.${
    rows.length > MOST ? ` ${rows.length - MOST} more actors are in the table.` : ''
  }</figcaption></figure>`;
}

function reach(cell: CellReport, from: number, to: number): Html {
  const tone = toneOf(cell);
  const middle = (LEFT + RIGHT) / 2;
  return tone === 'shut'
    ? html``
    : html`<path class="reach ${tone}" d="M${LEFT} ${from}C${middle} ${from} ${middle} ${to} ${RIGHT} ${to}"/>\n`;
}

const LABEL = 32;
const short = (id: string): string => (id.length > LABEL ? `${id.slice(0, LABEL - 1)}…` : id);
