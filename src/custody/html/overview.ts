/** All subjects at a glance: key material / use of the key, for the actors whom most ask about. */
import type { CellReport, SubjectReport } from '../report/report.ts';
import { type Html, html } from './escape.ts';
import { weaker } from './tone.ts';

const asked = ['staff', 'service-account', 'operator-as-one', 'thief-of-disk', 'thief-of-backup'] as const;

export function overview(subjects: readonly SubjectReport[]): Html {
  if (subjects.length < 2) return html``;
  const actors = asked.filter((id) => subjects.some(({ rows }) => rows.some(({ actor }) => actor.id === id)));
  return html`<section><h2>At a glance: key material / use</h2><table class="stacked"><thead><tr><th scope="col">Subject</th>${actors.map((id) => html`<th scope="col">${id}</th>`)}</tr></thead><tbody>
${subjects.map((subject, i) => html`<tr><th scope="row"><a href="#subject-${i + 1}">${subject.name}</a><br><span class="soft">${[subject.kind, ...subject.arrangements].join(' · ')}</span></th>${actors.map((id) => cellOf(subject, id))}</tr>\n`)}
</tbody></table></section>`;
}

function cellOf({ rows }: SubjectReport, id: string): Html {
  const row = rows.find(({ actor }) => actor.id === id);
  if (row === undefined) return html`<td data-label="${id}">–</td>`;
  const { M, U } = row.cells;
  return html`<td class="verdict ${weaker(M, U)}" data-label="${id}">${text(M)} / ${text(U)}</td>`;
}

const text = ({ text: now, fromNextStart }: CellReport): string =>
  fromNextStart === undefined ? now : `${now}, then ${fromNextStart.text}`;
