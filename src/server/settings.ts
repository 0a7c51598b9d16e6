/**
 * Every setting of the server, as rows of one table: from it come the flags of `lockholm serve`, the environment
 * variables, the keys of the YAML file, and docs/operating.md. A flag overrides a variable, a variable the file,
 * the file the default. The result is one frozen value, and plain data: it crosses to the front as JSON.
 */
import { join } from 'node:path';
import type { Region } from '../core/ids.ts';
import { type Level, levels } from '../wire/log.ts';
import { type DeclaredFact, declaredFacts } from './settings/facts.ts';
import {
  integer,
  type ListenAddress,
  listenAddress,
  loopbackNetwork,
  oneOf,
  type Parser,
  path,
  regions,
  size,
} from './settings/parsers.ts';
import { NotAllowed, SettingsError } from './settings/problems.ts';
import { CONFIG_VARIABLE, type Given, given, readYaml, refuseUnknownVariables } from './settings/sources.ts';

export type { DeclaredFact } from './settings/facts.ts';
export type { ListenAddress } from './settings/parsers.ts';
export { SettingsError } from './settings/problems.ts';

export interface Settings {
  /** Absolute. */
  readonly data: string;
  readonly listen: ListenAddress;
  /** Absolute path of the file seal. */
  readonly seal: string;
  /** Regions that are served; empty: every one. */
  readonly regions: readonly Region[];
  readonly logLevel: Level;
  /** Bytes. */
  readonly journalSegmentSize: number;
  /** 0: events are kept for ever. */
  readonly journalRetentionDays: number;
  /** 0: on command only. */
  readonly domainKeyRotationDays: number;
  /** Seconds. */
  readonly drainTimeout: number;
  readonly maxConnections: number;
  /** Customer managed KMS keys that an account may have in a Region. */
  readonly keyQuota: number;
  /** The first two numbers of the addresses that HSMs listen on. */
  readonly hsmNetwork: string;
  readonly hsmPort: number;
  readonly facts: readonly DeclaredFact[];
}

export interface SettingRow {
  readonly name: keyof Settings;
  /** In YAML; `--key` is the flag. */
  readonly key: string;
  readonly env: string;
  /** What the flag takes, for its help; absent where there is no flag. */
  readonly takes?: string;
  readonly description: string;
  /** In the words that one would give it; a function of the data folder where it depends on that. */
  readonly default: string | ((data: string) => string);
  readonly defaultText: string;
  readonly parse: Parser<Settings[keyof Settings]>;
}

type RowFacts<N extends keyof Settings> = Pick<SettingRow, 'takes' | 'default' | 'description'> & {
  readonly defaultText?: string;
  readonly parse: Parser<Settings[N]>;
};

/** `drainTimeout` is `drain-timeout` in YAML, `--drain-timeout` and `LOCKHOLM_DRAIN_TIMEOUT`. */
function row<N extends keyof Settings>(name: N, facts: RowFacts<N>): SettingRow {
  const key = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const env = `LOCKHOLM_${key.toUpperCase().replaceAll('-', '_')}`;
  return { name, key, env, defaultText: String(facts.default), ...facts };
}

export const settingRows: readonly SettingRow[] = [
  row('data', {
    takes: '<folder>',
    description: 'the data folder, made at the first start',
    default: './data',
    parse: path,
  }),
  row('listen', {
    takes: '<host:port>',
    description: 'where clients connect; [v6]:port for IPv6, port 0 for any free one',
    default: '127.0.0.1:4566',
    parse: listenAddress,
  }),
  row('seal', {
    takes: '<file>',
    description: 'the file that unlocks the data; keep it on another disk than the data',
    default: (data) => join(data, 'seal'),
    defaultText: '<data>/seal',
    parse: path,
  }),
  row('regions', {
    takes: '<names>',
    description: 'Regions that are served, with commas between them; others are refused',
    default: '',
    defaultText: 'every Region',
    parse: (raw, folder) => (raw === '' ? [] : regions(raw, folder)),
  }),
  row('logLevel', {
    takes: '<level>',
    description: `${levels.join(', ')}; debug has a line for each request`,
    default: 'info',
    parse: oneOf(levels),
  }),
  row('journalSegmentSize', {
    takes: '<size>',
    description: 'size at which a new segment of the journal begins',
    default: '256MiB',
    parse: size('64KiB', '4GiB'),
  }),
  row('journalRetentionDays', {
    takes: '<days>',
    description: 'age at which segments of the journal are removed; 0 keeps them',
    default: '0',
    parse: integer(0, 36_500),
  }),
  row('domainKeyRotationDays', {
    takes: '<days>',
    description: 'age at which the key that wraps all stored keys is replaced; 0 leaves it to the command',
    default: '30',
    parse: integer(0, 3_650),
  }),
  row('drainTimeout', {
    takes: '<seconds>',
    description: 'how long a stop waits for requests under way',
    default: '10',
    parse: integer(0, 3_600),
  }),
  row('maxConnections', {
    takes: '<number>',
    description: 'connections at one time; further ones are closed',
    default: '10000',
    parse: integer(1, 1_000_000),
  }),
  row('keyQuota', {
    takes: '<number>',
    description: 'customer managed KMS keys that an account may have in a Region',
    default: '100000',
    parse: integer(1, 10_000_000),
  }),
  row('hsmNetwork', {
    takes: '<network>',
    description: 'where HSMs get their addresses: 127.0.0.0/16 to 127.255.0.0/16',
    default: '127.96.0.0/16',
    parse: loopbackNetwork,
  }),
  row('hsmPort', {
    takes: '<port>',
    description: 'the port of every HSM',
    default: '2223',
    parse: integer(1, 65_535),
  }),
  row('facts', {
    description: 'what people declare for the custody report: docs/operating.md',
    default: '[]',
    defaultText: 'none',
    parse: declaredFacts,
  }),
];

export interface SettingSources {
  /** By setting's name, as commander gives them; `config` names the YAML file. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly cwd: string;
}

/** Throws SettingsError, with everything that is wrong. */
export function loadSettings(sources: SettingSources): Settings {
  const { flags, env, cwd } = sources;
  const names = { env: settingRows.map((known) => known.env), keys: settingRows.map(({ key }) => key) };
  refuseUnknownVariables(env, names);
  const file = flags.config ?? env[CONFIG_VARIABLE];
  const inFile = file === undefined ? new Map<string, Given>() : readYaml(file, cwd, names);
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const setting of settingRows) {
    const inOne = inFile.get(setting.key);
    const all = [...givenOutside(setting, sources), ...(inOne === undefined ? [] : [inOne])];
    if (all.length === 0) all.push(byDefault(setting, values, cwd));
    // The last one wins; what it overrides must be allowed too, as it counts again once that is taken away.
    for (const found of all.reverse()) {
      try {
        values[setting.name] = setting.parse(found.raw, found.folder);
      } catch (error) {
        if (!(error instanceof NotAllowed)) throw error;
        problems.push(`${found.place(error.path)}: ${shown(found.raw)} is not allowed: ${error.message}`);
      }
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return freezeSettings(values as unknown as Settings);
}

/** Also for settings that arrived as JSON from `loadSettings` in another process. */
export function freezeSettings(settings: Settings): Settings {
  const freeze = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  };
  freeze(settings);
  return settings;
}

/** The stronger one first. */
function givenOutside(setting: SettingRow, { flags, env, cwd }: SettingSources): readonly Given[] {
  const [flag, variable] = [flags[setting.name], env[setting.env]];
  return [
    ...(flag === undefined ? [] : [given(flag, `--${setting.key}`, cwd)]),
    ...(variable === undefined ? [] : [given(variable, setting.env, cwd)]),
  ];
}

function byDefault(setting: SettingRow, before: Readonly<Record<string, unknown>>, cwd: string): Given {
  // A data folder that was refused is reported; what hangs on it need not be.
  const raw =
    typeof setting.default === 'string' ? setting.default : setting.default(String(before.data ?? cwd));
  return given(raw, `default of ${setting.key}`, cwd);
}

const SHOWN = 100;
function shown(raw: unknown): string {
  const text = JSON.stringify(raw) ?? 'nothing';
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text;
}
