/** The benchmark's options. */
import { parseArgs } from 'node:util';

export const operationNames = ['Encrypt', 'Decrypt', 'GenerateDataKey', 'PutObject', 'GetObject'] as const;
export type OperationName = (typeof operationNames)[number];

/** Of payloads, where a group has more than one size. */
export const sizeNames = ['small', 'large'] as const;
export type SizeName = (typeof sizeNames)[number];

export interface Options {
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: readonly number[];
  readonly operations: readonly OperationName[];
  readonly sizes: readonly SizeName[];
  /** Names of contenders; empty for all. */
  readonly only: readonly string[];
  readonly json: boolean;
}

/** The contenders of each group that may be left out, by the group's name. */
export type Choices = Readonly<Record<string, readonly string[]>>;

const listed = (choices: Choices) =>
  Object.entries(choices).map(([group, names]) => `${group}: ${names.join(', ')}`);

export const usage = (choices: Choices): string => `npm run bench -- [options]

Measures Lockholm beside what one would take instead, in groups, in turns on this machine:

  kms        Encrypt, Decrypt, GenerateDataKey beside a bare node:http answer, moto's server and local-kms
  key-store  the same through a custom key store of two HSMs, beside the default store
  hsm        AES-GCM in an HSM over TLS, beside SoftHSM in the caller's process (Debian package softhsm2)
  s3         PutObject and GetObject of 4 KiB and 256 MiB, beside plain files through node:http

  --seconds N        measured seconds of each turn, after half a second of warm-up (default 3, at most 60)
  --rounds N         turns of each contender; medians are shown (default 3, at most 20)
  --connections N,N  connections, each with one request in flight (default 16,64; at most 512); large objects take one
  --operations A,B   of ${operationNames.join(', ')} (default all)
  --sizes A,B        of ${sizeNames.join(', ')}: 64 B and 16 KiB for hsm, 4 KiB and 256 MiB for s3 (default all)
  --only A,B         groups, or contenders of them (default all; what they are compared with is always measured):
                     ${listed(choices).join('\n                     ')}
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

/** A group's name stands for all of its contenders. */
const chosen = (choices: Choices, text: string): readonly string[] => {
  const names = new Set([...Object.keys(choices), ...Object.values(choices).flat()]);
  const name = oneOf('only', [...names], text);
  return choices[name] ?? [name];
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
        sizes: { type: 'string', default: sizeNames.join(',') },
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
export const readOptions = (args: readonly string[], choices: Choices): Options | undefined => {
  const values = parse(args);
  if (values.help) return undefined;
  return {
    seconds: count('seconds', values.seconds, 60),
    rounds: count('rounds', values.rounds, 20),
    connections: list(values.connections).map((text) => count('connections', text, 512)),
    operations: list(values.operations).map((text) => oneOf('operations', operationNames, text)),
    sizes: list(values.sizes).map((text) => oneOf('sizes', sizeNames, text)),
    only: values.only === undefined ? [] : list(values.only).flatMap((text) => chosen(choices, text)),
    json: values.json,
  };
};
