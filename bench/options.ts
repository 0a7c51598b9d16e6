/** The benchmark's options. */
import { parseArgs } from 'node:util';

export const operationNames = ['Encrypt', 'Decrypt', 'GenerateDataKey'] as const;
export type OperationName = (typeof operationNames)[number];

export interface Options {
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: readonly number[];
  readonly operations: readonly OperationName[];
  /** Names of contenders; empty for all. */
  readonly only: readonly string[];
  readonly json: boolean;
}

export const usage = `npm run bench -- [options]

Measures Lockholm beside a bare node:http answer, moto's server and local-kms, in turns on this machine.

  --seconds N        measured seconds of each turn, after half a second of warm-up (default 3, at most 60)
  --rounds N         turns of each contender; medians are shown (default 3, at most 20)
  --connections N,N  connections, each with one request in flight (default 16,64; at most 512)
  --operations A,B   of ${operationNames.join(', ')} (default all)
  --only A,B         of lockholm, moto, local-kms (default all; the bare answer is always measured)
  --json             prints the JSON that is written to bench/results/ rather than the table
  --help             prints this`;

/** An option that makes no sense; its message says why. */
export class UsageError extends Error {}

const list = (text: string): readonly string[] => text.split(',').map((item) => item.trim());

const count = (name: string, text: string, most: number): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new UsageError(`--${name} takes whole numbers from 1 to ${most}, not '${text}'.`);
  }
  return value;
};

const oneOf = <const Name extends string>(option: string, names: readonly Name[], text: string): Name => {
  const found = names.find((name) => name.toLowerCase() === text.toLowerCase());
  if (found === undefined) throw new UsageError(`--${option} knows ${names.join(', ')}, not '${text}'.`);
  return found;
};

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seconds: { type: 'string', default: '3' },
        rounds: { type: 'string', default: '3' },
        connections: { type: 'string', default: '16,64' },
        operations: { type: 'string', default: operationNames.join(',') },
        only: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};

/** Undefined when help was asked for. */
export const readOptions = (args: readonly string[], contenders: readonly string[]): Options | undefined => {
  const values = parse(args);
  if (values.help) return undefined;
  return {
    seconds: count('seconds', values.seconds, 60),
    rounds: count('rounds', values.rounds, 20),
    connections: list(values.connections).map((text) => count('connections', text, 512)),
    operations: list(values.operations).map((text) => oneOf('operations', operationNames, text)),
    only: values.only === undefined ? [] : list(values.only).map((text) => oneOf('only', contenders, text)),
    json: values.json,
  };
};
