/** The custody table of a subject: for each actor and question the verdict, now and from the next start. */
import { type Actor, actorsOf } from './actors.ts';
import { isUnknown, type Need, type Verdict, type Way } from './answers.ts';
import type { Coalition } from './evaluate/coalition.ts';
import type { Ways } from './evaluate/fixpoint.ts';
import type { FactOf, Facts } from './facts.ts';
import { goal, type Judged, judge, type Question, type Subject } from './judge.ts';
import { type Clause, has } from './rules/clause.ts';
import { rule22 } from './rules/exposed.ts';
import { rule21 } from './rules/unknown.ts';
import { type Needed, rule23 } from './rules/verdict.ts';
import { type Seen, seeing } from './seen.ts';

export interface Cell {
  readonly now: Verdict;
  /** Where a build that somebody chooses changes it. */
  readonly fromNextStart?: Verdict;
}

export interface Row {
  readonly actor: Actor;
  readonly cells: Readonly<Record<Question, Cell>>;
  /** When the actor's parties could have taken a copy. */
  readonly exposed: readonly FactOf<'ever'>[];
}

export interface Table {
  readonly subject: Subject;
  readonly at: string;
  readonly materials: readonly string[];
  readonly rows: readonly Row[];
  /** Everybody who could ever have taken a copy, and when. */
  readonly exposed: readonly FactOf<'ever'>[];
  /** Data keys handed out in clear: outside of custody. */
  readonly handed: readonly FactOf<'handed'>[];
}

/** Throws TooManyWays. */
export function custodyTable(facts: Facts, subject: Subject): Table {
  const judged = judge(facts, subject);
  const verdicts = verdictsOf(judged);
  const exposed = rule22(judged.world, judged.materials);
  const rows = actorsOf(judged).map((actor) => ({
    actor,
    cells: { M: verdicts(actor, 'M'), U: verdicts(actor, 'U'), P: verdicts(actor, 'P') },
    exposed: exposed.filter(({ party }) => actor.parties.includes(party)),
  }));
  const handed = judged.world.each('handed').filter(({ key }) => 'key' in subject && key === subject.key);
  return { subject, at: facts.at, materials: judged.materials, rows, exposed, handed };
}

/** The cell of each actor and question. */
export function verdictsOf(judged: Judged): (actor: Actor, question: Question) => Cell {
  const now = side(judged, judged.now);
  const next = judged.nextStart === judged.now ? now : side(judged, judged.nextStart);
  return (actor, question) => {
    const [today, later] = [now(actor, question), next(actor, question)];
    return JSON.stringify(today) === JSON.stringify(later)
      ? { now: today }
      : { now: today, fromNextStart: later };
  };
}

interface Side {
  readonly clauses: readonly Clause[];
  readonly ways: Ways;
}

function side(judged: Judged, { clauses, ways: all }: Side): (actor: Actor, question: Question) => Verdict {
  const seen = seeing(judged, clauses);
  const gone = judged.materials.every((material) => rule21(judged.world, material, all.has(has(material))));
  return (actor, question) => {
    if (judged.materials.length === 0) return { answer: 'not known' };
    const needed = neededBy(judged, all, actor, question);
    if (needed.length === 0 || (question === 'M' && gone)) return { answer: 'nobody on record' };
    const coalition = judged.classes.of(actor.parties);
    const ways = needed.map(toWay(judged, actor, coalition, question, seen));
    if (ways.every(isUnknown)) return { answer: 'not known' };
    return { answer: ways.some(({ needs }) => needs.length === 0) ? 'alone' : 'needs', ways };
  };
}

/** Rule 23, asked for an actor of a judged subject. */
export function neededBy(judged: Judged, ways: Ways, actor: Actor, question: Question): readonly Needed[] {
  const { classes, parties, lockedPlaces } = judged;
  const supposed = Array.from({ length: classes.size }, (_, index) =>
    classes.members(index).some(parties.isSupposed),
  );
  return rule23(ways, {
    goal: goal(question),
    actor: classes.of(actor.parties),
    lockedPlaces,
    others: (others) => others.every((count, index) => count === 0 || !supposed[index]),
  });
}

const toWay =
  (judged: Judged, actor: Actor, coalition: Coalition, question: Question, seen: Seen) =>
  ({ others, brings, place }: Needed): Way => {
    const needs = others.flatMap((count, index) =>
      count === 0 ? [] : [needOf(judged, actor, count, index)],
    );
    const approvals = approvalsOf(judged, actor, needs, question);
    return {
      needs,
      ...(approvals && { approvals }),
      brings,
      ...(place !== undefined && { place }),
      seenBy: seen(sumOf(coalition, others), question),
    };
  };

const sumOf = (a: Coalition, b: Coalition): Coalition => a.map((count, index) => count + (b[index] ?? 0));

function needOf({ classes, parties }: Judged, actor: Actor, count: number, index: number): Need {
  const of = classes.members(index).filter((party) => !actor.parties.includes(party));
  const [first = ''] = of;
  return { letter: parties.letter(first), count, of };
}

/** The needs are approvals when they and the actor make up a quorum of those who may approve the use. */
function approvalsOf(
  { world }: Judged,
  actor: Actor,
  needs: readonly Need[],
  question: Question,
): Way['approvals'] | undefined {
  if (question !== 'U' || needs.length === 0) return undefined;
  const count = needs.reduce((sum, need) => sum + need.count, 0);
  for (const { group, k } of world.each('approve')) {
    const own = group.filter((party) => actor.parties.includes(party)).length;
    const within = needs.every(({ of }) => of.every((party) => group.includes(party)));
    if (within && count + own >= k)
      return { k: count, of: group.filter((party) => !actor.parties.includes(party)) };
  }
  return undefined;
}
