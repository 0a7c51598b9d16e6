/** A subject's section of the page. */
import type { Figure } from '../cost/cost.ts';
import type { CellReport, LineageReport, SubjectReport } from '../report/report.ts';
import { origins, received } from '../report/words.ts';
import { type Html, html } from './escape.ts';
import { picture } from './picture.ts';
import { toneOf } from './tone.ts';

export function subjectSection(subject: SubjectReport, index: number): Html {
  const { kind, name, account, aliases, arrangements, state, rows, lineage, cost, exposed, handedOut } =
    subject;
  const about = [
    kind,
    ...arrangements,
    ...(state === undefined ? [] : [state]),
    `account ${account}`,
    ...aliases,
  ];
  return html`<section class="subject" id="subject-${index + 1}"><h2>${name}</h2><p class="soft">${about.join(' · ')}</p>
${picture(rows)}
<table class="stacked"><thead><tr><th scope="col">Actor</th><th scope="col">Material</th><th scope="col">Use</th><th scope="col">Plaintext</th></tr></thead><tbody>
${rows.map(({ actor, cells }) => html`<tr><th scope="row">${actor.id}${actor.parties.join() === actor.id ? '' : html`<br><span class="soft">${actor.parties.join(', ')}</span>`}</th>${cell('material', cells.M)}${cell('use', cells.U)}${cell('plaintext', cells.P)}</tr>\n`)}
</tbody></table>
${figureList('Cost at list price', cost)}
${lineage.map(material)}
${list(
  'Could once have taken a copy',
  exposed.map(
    ({ party, material: id, from, to }) =>
      `${party}: ${id}, from ${from ?? 'the beginning'} to ${to ?? 'now'}`,
  ),
)}
${handedOut === undefined ? html`` : list('Handed out', [`${handedOut.ciphertexts} ciphertexts`, ...handedOut.received.map(received)])}
</section>`;
}

const cell = (label: string, verdict: CellReport): Html =>
  html`<td class="verdict ${toneOf(verdict)}" data-label="${label}">${verdict.text}${
    verdict.fromNextStart === undefined ? '' : `, then ${verdict.fromNextStart.text}`
  }<details><summary>in full</summary>${verdict.inFull.map((way) => html`<div>${way}</div>`)}</details></td>`;

function material(lineage: LineageReport): Html {
  const { material: id, events, inBackups, outlivedByBackup, sameAs, objects } = lineage;
  return html`<h3>Material <code>${id}</code></h3><ul>
${events.map(({ event, time, entry, holders }) => html`<li>${event} ${time}, journal entry <code>${entry}</code>; held by ${holders.map(({ place, under }) => `${place} (${under})`).join(', ') || 'nobody on record'}</li>\n`)}
${origins(lineage).map((origin) => html`<li>${origin}</li>\n`)}
${inBackups.length === 0 ? html`` : html`<li>In backups ${inBackups.join(', ')}${outlivedByBackup ? html`, <strong>although it is destroyed</strong>` : ''}</li>`}
${sameAs.length === 0 ? html`` : html`<li>The same material: ${sameAs.join(', ')}</li>`}
${objects === undefined ? html`` : html`<li>Objects stored under it: ${objects}</li>`}</ul>`;
}

export const figureList = (title: string, figures: readonly Figure[]): Html =>
  list(
    title,
    figures.map(({ what, usd, how }) => `$${usd.toFixed(2)}: ${what} (${how})`),
  );

export const list = (title: string, items: readonly string[]): Html =>
  items.length === 0
    ? html``
    : html`<h3>${title}</h3><ul>${items.map((item) => html`<li>${item}</li>\n`)}</ul>`;
