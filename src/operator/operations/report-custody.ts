import type { Operation } from '../../core/call.ts';
import { validation } from '../../core/errors.ts';
import type { Reporter } from '../../custody/report/reporter.ts';
import { SubjectError } from '../../custody/report/subjects.ts';
import { operatorOperation, structure, text } from '../operation.ts';

interface Input {
  /** A key, bucket or object; without it all keys, roots and buckets, a page at a time. */
  readonly Subject?: string;
  readonly After?: string;
}
interface Output {
  /** JSON, in the form of schemas/custody-report.json. */
  readonly Report: string;
  /** What to give as After for the next page; absent with the last one. */
  readonly Next?: string;
}

/** A page takes well under a second of the server's time. */
const PAGE = 10;
export const subject = { type: 'string', min: 1, max: 2_048 } as const;

export const reportCustody = (reporter: Reporter): Operation =>
  operatorOperation<Input, Output>({
    name: 'ReportCustody',
    input: structure({ Subject: subject, After: subject }, ['Subject', 'After']),
    output: structure({ Report: text, Next: text }, ['Next']),
    readOnly: true,
    audit: ['Subject', 'After'],
    async run({ Subject, After }) {
      const { next, ...report } =
        Subject === undefined
          ? await reporter.page(After, PAGE)
          : await reporter.about(Subject).catch(refuseUnknown);
      return { Report: JSON.stringify(report), ...(next === undefined ? {} : { Next: next }) };
    },
  });

export function refuseUnknown(error: unknown): never {
  throw error instanceof SubjectError ? validation(error.message) : error;
}
