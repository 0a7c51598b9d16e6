/** What came of the order, the custody table, what is commonly said, and the cost: all from the running system. */
import { crosswalk } from '../../../src/custody/report/crosswalk.ts';
import type { Report } from '../../../src/custody/report/report.ts';
import type { Searched } from '../order/search-folder.ts';
import { fact, line, paragraph, table, title } from '../screen.ts';
import { type Result, shownActors } from './check.ts';
import { subjectIn } from './reports.ts';

/** In full the first time: what is looked for is the same each time. */
export function showSearch({ files, size, lookedFor, found, openers }: Searched, inFull: boolean): void {
  const read = `${files} files, ${(size / 1e6).toFixed(1)} MB`;
  paragraph(
    `Reading the data folder: ${read}. Looked for in clear, as bytes, hexadecimal and base64:`,
    '    ',
  );
  paragraph(inFull ? `${lookedFor.join('; ')}.` : `the same ${lookedFor.length} things as before.`, '      ');
  paragraph(found.length === 0 ? 'Found: none of it.' : `FOUND: ${found.join('; ')}.`, '      ');
  paragraph(`Found as well, where it lies by design: ${openers.join('; ')}.`, '      ');
}

export function showServed({
  arrangement,
  served,
  obtained,
  expected,
  operator,
  contradictions,
}: Result): void {
  line();
  line(`  ${arrangement.number.padEnd(3)} ${arrangement.name}`);
  for (const { how, got, said } of served.attempts)
    fact(how, `${got.length === 0 ? 'not obtained' : 'OBTAINED'}: ${said}`);
  fact('NOT ATTEMPTED', `${served.notAttempted.join('; ')}`);
  const isMore = operator !== expected.text;
  const yes = (is: boolean) => (is ? 'OBTAINED' : 'not obtained');
  fact('= key material / use of the key', `${yes(obtained.material)} / ${yes(obtained.use)}`);
  fact('  by the rules, with the means tried', expected.text);
  fact(
    '  by the rules, the operator as one',
    operator + (isMore ? ': what was not attempted counts too' : ''),
  );
  for (const contradiction of contradictions) fact('  CONTRADICTION', contradiction);
}

export function showTable(results: readonly Result[]): void {
  title('The custody table: key material / use of the key, each as `lockholm custody report` had it then');
  table([
    ['', '', ...shownActors],
    ...results.map(({ arrangement, cells }) => [
      arrangement.number,
      arrangement.name,
      ...shownActors.map((actor) => cells[actor] ?? ''),
    ]),
  ]);
  line();
  paragraph(
    'alone: needs nobody. O: the operator’s root or service account, K: the seal’s keeper, T: the tenant, X: ' +
      'another, here staff; a dot: holds no part of it. Nothing is declared here, so all is at its worst: one machine, one user, the operator’s.',
  );
}

/** Results of the arrangements that the public debate speaks of. */
export function showCrosswalk(results: readonly Result[], reports: ReadonlyMap<Result, Report>): void {
  title('What is commonly said, what AWS states, and what came out here');
  for (const row of crosswalk) {
    const own = results.filter((result) => {
      const report = reports.get(result);
      return report && subjectIn(report, result.arrangement.subject).arrangements.includes(row.arrangement);
    });
    line(`  ${row.arrangement}`);
    paragraph(`said:  ${row.commonlySaid}`, '    ');
    paragraph(`AWS:   ${row.awsStates}`, '    ');
    for (const { arrangement, operator } of own)
      paragraph(`here:  ${arrangement.number} ${arrangement.name}: the operator as one ${operator}`, '    ');
    paragraph(`why:   ${row.why}`, '    ');
    line();
  }
}

export function showCost({ cost }: Report): void {
  title('What it costs at list price');
  const money = (usd: number) => `$${usd.toFixed(2)}`.padStart(11);
  for (const { what, usd, how } of cost.figures) line(`  ${money(usd)}  ${what} (${how})`);
  for (const { what, usd, per, read } of cost.prices)
    line(`  ${money(usd)}  ${what}: per ${per}, read ${read}`);
}
