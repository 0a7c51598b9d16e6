/** Answers in words: what a verdict is called in a cell, and in full. */
import type { Actor } from './actors.ts';
import type { Letter } from './parties.ts';

/** Members of one class of interchangeable parties, any `count` of whom are needed. */
export interface Need {
  readonly letter: Letter;
  readonly count: number;
  readonly of: readonly string[];
}

/** Who sees it happen. A read of memory or of a disk is seen by nobody. */
export type SeenBy = 'nobody' | "the operator's log only" | 'the tenant independently';

export interface Way {
  /** Whom the actor needs; nobody when it is able alone. */
  readonly needs: readonly Need[];
  /** All of them are approvals: `k` of the `of` who may approve. */
  readonly approvals?: { readonly k: number; readonly of: readonly string[] };
  readonly brings: 'locked copy' | 'part' | 'nothing';
  readonly place?: string;
  readonly seenBy: SeenBy;
}

export type Verdict =
  | { readonly answer: 'alone' | 'needs'; readonly ways: readonly Way[] }
  /** Every recorded copy is destroyed, or none ever was. */
  | { readonly answer: 'nobody on record' }
  | { readonly answer: 'not known' };

const order: readonly Letter[] = ['O', 'K', 'H', 'X', 'T', '?'];

/** `alone`, `2 of 3`, `O or T`, with a dot where the actor holds no part: the cell of a table. */
export function cellText(verdict: Verdict, actor: Actor): string {
  if (verdict.answer !== 'needs') return verdict.answer;
  const approvals = verdict.ways.flatMap(({ approvals }) =>
    approvals === undefined ? [] : [`${approvals.k} of ${approvals.of.length}`],
  );
  const letters = lettersOf(verdict.ways, actor);
  const needs = letters.map((set) =>
    set.map((letter) => (letter === '?' ? 'not known' : letter)).join(' and '),
  );
  const text = [...new Set([...approvals, ...needs])].join(' or ');
  // Of material that somebody unknown may hold, nobody can say that the actor holds no part.
  const apart = verdict.ways.every(({ brings }) => brings === 'nothing') && !verdict.ways.some(isUnknown);
  return apart ? `${text}.` : text;
}

/** Somebody unknown may hold it: nobody needs to help, and nobody can say more. */
export const isUnknown = ({ needs }: Way): boolean => needs.some(({ letter }) => letter === '?');

/** The letters of each way, none containing another, the weakest first. */
function lettersOf(ways: readonly Way[], actor: Actor): readonly (readonly Letter[])[] {
  const sets = ways
    .filter(({ approvals }) => approvals === undefined)
    .map(({ needs }) => inCell(new Set(needs.map(({ letter }) => letter)), actor));
  const smallest = sets.filter((set) => !sets.some((other) => isLess(other, set)));
  const unique = new Map(smallest.map((set) => [set.join(), set]));
  const rank = (set: readonly Letter[]) =>
    set.reduce((sum, letter) => sum * 10 + order.indexOf(letter) + 1, 0);
  return [...unique.values()].sort((a, b) => rank(a) - rank(b));
}

/**
 * To the operator's own people its root and service account are at call: where they do not suffice, the cell names
 * only who else is needed.
 */
function inCell(letters: ReadonlySet<Letter>, { isOperators }: Actor): readonly Letter[] {
  const all = order.filter((letter) => letters.has(letter));
  return isOperators && all.length > 1 ? all.filter((letter) => letter !== 'O') : all;
}

const isLess = (a: readonly Letter[], b: readonly Letter[]): boolean =>
  a.length < b.length && a.every((letter) => b.includes(letter));

const marks = {
  'locked copy': 'holds a locked copy',
  part: 'holds a part',
  nothing: 'holds no part',
} as const;

/** `needs seal-keeper (holds a locked copy: backup; seen by nobody)`: each way in full. */
export function fullText(verdict: Verdict): readonly string[] {
  if (verdict.answer === 'nobody on record' || verdict.answer === 'not known') return [verdict.answer];
  return verdict.ways.map((way) => {
    if (isUnknown(way)) return 'not known: somebody unknown may have it';
    const seen = `seen by ${way.seenBy}`;
    if (verdict.answer === 'alone') return `alone (${seen})`;
    if (way.approvals) return `${way.approvals.k} of ${way.approvals.of.join(', ')} approve (${seen})`;
    const mark = way.place === undefined ? marks[way.brings] : `${marks[way.brings]}: ${way.place}`;
    return `needs ${way.needs.map(needText).join(' and ')} (${mark}; ${seen})`;
  });
}

const needText = ({ count, of }: Need): string =>
  of.length === 1 ? of.join() : `${count} of ${of.join(', ')}`;
