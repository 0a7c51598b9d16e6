/** The report, or a page of it, from the running system; and the path behind one cell. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Journal } from '../../audit/contract.ts';
import { leafHash } from '../../audit/entry.ts';
import { actorsOf } from '../actors.ts';
import { cellText, fullText } from '../answers.ts';
import { iso } from '../basis.ts';
import { Collector } from '../collect/collector.ts';
import { countObjects } from '../collect/objects.ts';
import type { Sources } from '../collect/sources.ts';
import { allPrices, classicCosts } from '../cost/cost.ts';
import { completed } from '../defaults.ts';
import { TooManyWays } from '../evaluate/fixpoint.ts';
import { explain, pathText } from '../explain.ts';
import { type Fact, factText } from '../facts.ts';
import { judge, type Question, questions } from '../judge.ts';
import { verdictsOf } from '../table.ts';
import { subjectReport } from './build.ts';
import { pageOfSubjects } from './pages.ts';
import {
  type Omitted,
  REPORT_FORMAT,
  REPORT_VERSION,
  type ReportPage,
  type SubjectReport,
} from './report.ts';
import { findSubject, SubjectError } from './subjects.ts';

export interface ReporterParts extends Sources {
  readonly journal: Pick<Journal, 'size' | 'read'>;
}

export interface Explanation {
  readonly subject: string;
  readonly actor: string;
  readonly question: Question;
  readonly cell: string;
  readonly inFull: readonly string[];
  readonly paths: readonly ExplainedPath[];
  /** Where a build that somebody chooses changes it. */
  readonly fromNextStart?: readonly ExplainedPath[];
}
export interface ExplainedPath {
  readonly others: readonly string[];
  readonly lines: readonly string[];
}

export class Reporter {
  readonly #parts: ReporterParts;

  constructor(parts: ReporterParts) {
    this.#parts = parts;
  }

  /** Rejects with SubjectError when there is no such thing. */
  async about(name: string): Promise<ReportPage> {
    const found = await findSubject(this.#parts.rows, name);
    const collector = await Collector.open(this.#parts);
    const objects = await countObjects(this.#parts.rows);
    const parts = { ...this.#parts, collector, now: this.#parts.now(), objects };
    return this.#page(collector, [await subjectReport(found, parts)], []);
  }

  /** `limit` subjects from `cursor` on. */
  async page(cursor: string | undefined, limit: number): Promise<ReportPage> {
    const { rows, now } = this.#parts;
    const { names, next } = await pageOfSubjects(rows, cursor, limit);
    const collector = await Collector.open(this.#parts);
    const parts = { ...this.#parts, collector, now: now(), objects: undefined };
    const subjects: SubjectReport[] = [];
    const omitted: Omitted[] = [];
    for (const name of names) {
      // A table takes long for a server that answers others meanwhile.
      await turn();
      try {
        subjects.push(await subjectReport(await findSubject(rows, name), parts));
      } catch (error) {
        if (!(error instanceof SubjectError || error instanceof TooManyWays)) throw error;
        omitted.push({ name, reason: error.message, empty: error instanceof SubjectError });
      }
    }
    return { ...(await this.#page(collector, subjects, omitted)), ...(next === undefined ? {} : { next }) };
  }

  /** Rejects with SubjectError when there is no such subject, actor or question. */
  async explain(name: string, actorId: string, question: string): Promise<Explanation> {
    const asked = questions.find((known) => known === question);
    if (asked === undefined) throw new SubjectError(`a question is one of ${questions.join(', ')}`);
    const found = await findSubject(this.#parts.rows, name);
    const collector = await Collector.open(this.#parts);
    const { facts } = await collector.collect(found);
    const judged = judge(facts, found.subject);
    const actors = actorsOf(judged);
    const actor = actors.find(({ id }) => id === actorId);
    if (actor === undefined)
      throw new SubjectError(
        `the report has no actor ${actorId}: it has ${actors.map(({ id }) => id).join(', ')}`,
      );
    const { now, fromNextStart } = verdictsOf(judged)(actor, asked);
    const paths = (from: 'now' | 'nextStart'): readonly ExplainedPath[] =>
      explain(judged, actor, asked, from).map(({ others, step }) => ({ others, lines: pathText(step) }));
    return {
      subject: found.name,
      actor: actorId,
      question: asked,
      cell: cellText(now, actor),
      inFull: fullText(now),
      paths: paths('now'),
      ...(fromNextStart && { fromNextStart: paths('nextStart') }),
    };
  }

  async #page(
    { machine, declared }: Collector,
    subjects: readonly SubjectReport[],
    omitted: ReportPage['omitted'],
  ): Promise<ReportPage> {
    const { journal, now } = this.#parts;
    const entries = journal.size;
    return {
      format: REPORT_FORMAT,
      version: REPORT_VERSION,
      validAt: { time: iso(now()), journalEntries: entries, logHead: await headOf(journal, entries) },
      host: machine.host,
      endpoint: machine.endpoint,
      subjects,
      omitted,
      declared: declared.map(declaredOf),
      unknown: unknownIn(subjects, iso(now())),
      cost: { figures: classicCosts(), prices: allPrices },
    };
  }
}

/** The leaf hash of the last entry, hexadecimal; empty for a journal without entries. */
async function headOf(journal: ReporterParts['journal'], entries: number): Promise<string> {
  if (entries === 0) return '';
  for await (const { envelope } of journal.read(entries - 1)) return leafHash(envelope).toString('hex');
  return '';
}

const declaredOf = (fact: Fact): ReportPage['declared'][number] => ({
  fact: factText(fact),
  ...(fact.basis.basis === 'declared' ? { by: fact.basis.by, at: fact.basis.at } : { by: '', at: '' }),
});

/** With what silence adds to the facts of each subject. */
function unknownIn(subjects: readonly SubjectReport[], at: string): readonly string[] {
  const assumed = subjects.flatMap(({ facts }) =>
    completed({ at, facts }).facts.flatMap((fact) =>
      fact.basis.basis === 'assumed' ? [`${factText(fact)}: ${fact.basis.because}`] : [],
    ),
  );
  return [...new Set(assumed)].sort();
}
