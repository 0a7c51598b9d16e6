/** The report as one page that needs nothing else: no script, no font, no picture from elsewhere. */
import { crosswalk } from '../report/crosswalk.ts';
import { legend, notices, receivers, validity } from '../report/footer.ts';
import type { Report } from '../report/report.ts';
import { type Html, html } from './escape.ts';
import { overview } from './overview.ts';
import { style } from './style.ts';
import { figureList, list, subjectSection } from './subject.ts';

export function reportPage(report: Report): string {
  const { subjects, omitted, declared, unknown, cost, host, endpoint, validAt } = report;
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer"><title>Who could read it: ${host}, ${validAt.time}</title><style>${style}</style></head>
<body><header><h1>Who could read it</h1><p class="soft">Host ${host}, ${endpoint}. ${validity(report)}</p></header>
<main>
<section><h2>How to read it</h2><table class="legend"><tbody>${legend.map(([sign, meaning]) => html`<tr><th scope="row">${sign}</th><td>${meaning}</td></tr>\n`)}</tbody></table></section>
${overview(subjects)}
<p class="on-paper soft">Each way in full is in this page on a screen, and in --json.</p>
${subjects.map(subjectSection)}
${crosswalkSection(report)}
<section><h2>Cost at list price</h2>${figureList('The classic figures', cost.figures)}
${list(
  'Prices',
  cost.prices.map(({ what, usd, per, read, source }) => `$${usd} a ${per}: ${what}; read ${read}, ${source}`),
)}</section>
</main><footer>
${list(
  'Not judged',
  omitted.map(({ name, reason }) => `${name}: ${reason}`),
)}
${list('Received plaintext or data keys', receivers(report))}
${list(
  'Declared',
  declared.map(({ fact, by, at }) => `${fact}, by ${by}, ${at}`),
)}
${list('Not known, so assumed', unknown)}
${notices.map((notice) => html`<p class="soft">${notice}</p>`)}
<p class="soft">${validity(report)}</p></footer></body></html>
`;
  return page.toString();
}

/** Beside what is said of each arrangement: what of this report has it. */
function crosswalkSection({ subjects }: Report): Html {
  return html`<section><h2>Commonly said, stated, and so</h2><table class="stacked"><thead><tr><th scope="col">Arrangement</th><th scope="col">Commonly said</th><th scope="col">AWS states</th><th scope="col">Here</th><th scope="col">Why it differs</th></tr></thead><tbody>
${crosswalk.map((row) => {
  const own = subjects
    .filter(({ arrangements }) => arrangements.includes(row.arrangement))
    .map(({ name }) => name);
  return html`<tr><th scope="row">${row.arrangement}${own.length === 0 ? '' : html`<br><span class="soft">${own.length} in this report</span>`}</th><td data-label="commonly said">${row.commonlySaid}</td><td data-label="AWS states">${row.awsStates}</td><td data-label="here">${row.here}</td><td data-label="why">${row.why}</td></tr>\n`;
})}
</tbody></table></section>`;
}
