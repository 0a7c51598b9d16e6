/**
 * What must come of the order, by the rules of the custody report: the facts of its subject, and one party more that
 * can do exactly what the tour does. It reads the disk and reaches every process, and is inside none.
 */
import { actorsOf } from '../../../src/custody/actors.ts';
import { cellText } from '../../../src/custody/answers.ts';
import type { Bare, Fact, Facts } from '../../../src/custody/facts.ts';
import { judge, type Subject } from '../../../src/custody/judge.ts';
import type { SubjectReport } from '../../../src/custody/report/report.ts';
import { verdictsOf } from '../../../src/custody/table.ts';

const TOUR = 'the tour';
/** Who reads all that lies on the disk of the data folder, and nothing else. */
const DISK = 'thief-of-disk';

export interface Expected {
  readonly material: boolean;
  readonly use: boolean;
  /** As the table has it: material / use. */
  readonly text: string;
}

export function expectedOf(report: SubjectReport, at: string): Expected {
  const facts: Facts = { at, facts: [...report.facts, ...powers(report.facts)] };
  const subject: Subject = { key: report.name };
  const judged = judge(facts, subject);
  const actor = actorsOf(judged).find(({ id }) => id === TOUR);
  if (actor === undefined) throw new Error('the tour is no actor of its own report');
  const verdicts = verdictsOf(judged);
  const [material, use] = [verdicts(actor, 'M').now, verdicts(actor, 'U').now];
  return {
    material: material.answer === 'alone',
    use: use.answer === 'alone',
    text: `${cellText(material, actor)} / ${cellText(use, actor)}`,
  };
}

function powers(facts: readonly Fact[]): readonly Fact[] {
  const places = facts.flatMap((fact) => (fact.fact === 'reader' && fact.party === DISK ? [fact.place] : []));
  const processes = facts.flatMap((fact) => (fact.fact === 'proc' ? [fact.process] : []));
  const bare: readonly Bare[] = [
    { fact: 'party', party: TOUR, kind: TOUR, owner: TOUR },
    ...places.map((place): Bare => ({ fact: 'reader', party: TOUR, place })),
    ...processes.map((process): Bare => ({ fact: 'net', party: TOUR, process })),
  ];
  return bare.map((fact) => ({ ...fact, basis: { basis: 'assumed', because: 'the tour does it' } }) as Fact);
}
