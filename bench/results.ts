/** Turns of several rounds, summed up: medians, and ratios to the bare answer of the same round. */
import type { Turn } from './measure.ts';
import type { OperationName } from './options.ts';

export interface Row {
  readonly contender: string;
  readonly requestsPerSecond: number;
  /** Median over the rounds of this contender's requests a second by the bare answer's in that round. */
  readonly ofBare: number;
  readonly requestsPerCpuSecond: number | undefined;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Over all rounds. */
  readonly maxMs: number;
  readonly errors: number;
  readonly firstError: string;
  readonly rounds: readonly Turn[];
}

export interface Table {
  readonly operation: OperationName;
  readonly connections: number;
  readonly rows: readonly Row[];
}

export interface Report {
  readonly date: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly system: string;
    readonly node: string;
  };
  readonly options: { readonly seconds: number; readonly rounds: number };
  readonly firstAnswerSeconds: Readonly<Record<string, number>>;
  readonly skipped: Readonly<Record<string, string>>;
  readonly tables: readonly Table[];
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1] ?? 0, sorted[Math.floor(middle)] ?? 0];
  return (low + high) / 2;
};

/** `bare` has a turn for each of `rounds`, in the same order. */
export const summarise = (contender: string, rounds: readonly Turn[], bare: readonly Turn[]): Row => {
  const perCpuSecond = rounds.flatMap((turn) => turn.requestsPerCpuSecond ?? []);
  return {
    contender,
    requestsPerSecond: median(rounds.map((turn) => turn.requestsPerSecond)),
    ofBare: median(
      rounds.map((turn, round) => turn.requestsPerSecond / (bare[round]?.requestsPerSecond ?? 0)),
    ),
    requestsPerCpuSecond: perCpuSecond.length === 0 ? undefined : median(perCpuSecond),
    p50Ms: median(rounds.map((turn) => turn.p50Ms)),
    p99Ms: median(rounds.map((turn) => turn.p99Ms)),
    maxMs: Math.max(...rounds.map((turn) => turn.maxMs)),
    errors: rounds.reduce((sum, turn) => sum + turn.errors, 0),
    firstError: rounds.find((turn) => turn.firstError !== '')?.firstError ?? '',
    rounds,
  };
};
