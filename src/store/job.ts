/**
 * Durable jobs and timers: rows of table `job`, whose ids sort by kind and due time, so that what is due is a scan
 * from the front: `<kind>/<due, 15 digits>/<id>/<UUID>`. The UUID lets the same timer be set again.
 */
import { randomUUID } from 'node:crypto';
import type { Json, JsonObject } from '../core/json.ts';
import type { RowsChange } from './rows-contract.ts';

export interface JobRequest {
  /** What the job is about; it may be scheduled many times. */
  readonly id: string;
  /** Lower-case letters, digits and hyphens. */
  readonly kind: string;
  /** Milliseconds since the epoch. */
  readonly due: number;
  readonly payload: JsonObject;
}

export interface JobRecord extends JobRequest {
  /** Where the handler said it had come to; null at first. */
  readonly cursor: Json;
  /** Runs that failed. */
  readonly failures: number;
  readonly lease: { readonly owner: string; readonly until: number } | null;
}

const KIND = /^[a-z][a-z0-9-]{0,62}$/;
const DUE_DIGITS = 15;

/** The rows' part of a caller's commit that makes the job run at `due` or soon after, at least once. */
export function schedule({ id, kind, due, payload }: JobRequest): RowsChange {
  return putJob(due, { id, kind, due, payload, cursor: null, failures: 0, lease: null });
}

/** A new row that makes the job run at `at`. */
export function putJob(at: number, value: JobRecord): RowsChange {
  if (!KIND.test(value.kind)) throw new RangeError('a job kind is lower-case letters, digits and hyphens');
  return {
    put: [
      {
        table: 'job',
        id: `${kindPrefix(value.kind)}${sortable(at)}/${value.id}/${randomUUID()}`,
        version: 1,
        value,
      },
    ],
  };
}

export const kindPrefix = (kind: string): string => `${kind}/`;

/** When the row's job is to run. */
export const dueOf = (rowId: string): number => {
  const start = rowId.indexOf('/') + 1;
  return Number(rowId.slice(start, start + DUE_DIGITS));
};

function sortable(due: number): string {
  if (!Number.isSafeInteger(due) || due < 0 || due >= 10 ** DUE_DIGITS)
    throw new RangeError('a due time is milliseconds since the epoch');
  return String(due).padStart(DUE_DIGITS, '0');
}
