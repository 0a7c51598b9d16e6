/** Turns of several rounds, summed up: medians, and ratios to the yardstick of the same round. */
import type { Turn } from './measure.ts';
import type { OperationName } from './options.ts';

export interface Row {
  readonly contender: string;
  readonly requestsPerSecond: number;
  /** Median over the rounds of this contender's requests a second by the yardstick's in that round; undefined without one. */
  readonly ofYardstick: number | undefined;
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
  readonly group: string;
  readonly operation: OperationName;
  /** Requests in flight. */
  readonly connections: number;
  /** What an operation carries, where that is what is measured. */
  readonly payloadBytes: number | undefined;
  /** The contender that the others are compared with. */
  readonly yardstick: string;
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

const ratios = (rounds: readonly Turn[], yardstick: readonly Turn[]): readonly number[] =>
  rounds.flatMap(({ requestsPerSecond }, round) => {
    const beside = yardstick[round]?.requestsPerSecond ?? 0;
    return beside === 0 ? [] : [requestsPerSecond / beside];
  });

const medianOfAny = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : median(values);

/** `yardstick` has a turn for each of `rounds`, in the same order, or none at all. */
export const summarise = (contender: string, rounds: readonly Turn[], yardstick: readonly Turn[]): Row => ({
  contender,
  requestsPerSecond: median(rounds.map((turn) => turn.requestsPerSecond)),
  ofYardstick: medianOfAny(ratios(rounds, yardstick)),
  requestsPerCpuSecond: medianOfAny(rounds.flatMap((turn) => turn.requestsPerCpuSecond ?? [])),
  p50Ms: median(rounds.map((turn) => turn.p50Ms)),
  p99Ms: median(rounds.map((turn) => turn.p99Ms)),
  maxMs: Math.max(...rounds.map((turn) => turn.maxMs)),
  errors: rounds.reduce((sum, turn) => sum + turn.errors, 0),
  firstError: rounds.find((turn) => turn.firstError !== '')?.firstError ?? '',
  rounds,
});
