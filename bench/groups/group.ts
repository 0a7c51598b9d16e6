/** A comparison: contenders that do the same, one of which is the yardstick. */
import type { Turn } from '../measure.ts';
import type { OperationName } from '../options.ts';
import type { Workbench } from '../workbench.ts';

export interface Subject {
  readonly name: string;
  turn(seconds: number): Promise<Turn>;
}

/** One table of the report, to be measured. */
export interface Trial {
  readonly operation: OperationName;
  /** Requests in flight. */
  readonly connections: number;
  readonly payloadBytes?: number;
  readonly subjects: readonly Subject[];
}

export interface Group {
  readonly name: string;
  /** What `contenders` are compared with; always measured where it is to be had. */
  readonly yardstick: string;
  readonly contenders: readonly string[];
  /** Lockholm's own of these: like those of the yardstick, their errors under load make figures worthless, and the run fail. */
  readonly ours: readonly string[];
  readonly operations: readonly OperationName[];
  /** Starts what it needs; the workbench stops it. */
  prepare(bench: Workbench): Promise<readonly Trial[]>;
}
