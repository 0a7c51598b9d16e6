import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { Failure } from './failure.ts';
import { print, shellWord } from './output.ts';
import { type Flags, givenFlags } from './program.ts';

/** A setting that is a flag. */
export interface ServeFlag {
  readonly key: string;
  readonly env: string;
  readonly takes: string;
  readonly description: string;
  readonly defaultText: string;
}

export interface Served {
  /** Resolves when clients can connect, for the first time. */
  readonly ready: Promise<ServedFacts>;
  /** When everything has stopped. */
  readonly stopped: Promise<Stopped>;
}
interface Stopped {
  readonly exitCode: number;
  /** Why the server could not start or go on, and what to do. */
  readonly refusal: string | undefined;
}
export interface ServedFacts {
  readonly version: string;
  readonly endpoint: string;
  /** Absolute paths. */
  readonly data: string;
  readonly seal: string;
  readonly sealBesideData: boolean;
}

/** `start` is the server, which is composed elsewhere. It throws an error that says what to do. */
export interface ServeParts {
  readonly flags: readonly ServeFlag[];
  start(flags: Flags): Promise<Served>;
}

export function registerServe(program: Command, { flags, start }: ServeParts): void {
  const command = program
    .command('serve')
    .description('start the server; it stops at SIGTERM or Ctrl-C, once it has answered what is under way')
    .option('--config <file>', 'settings as YAML, by the names of these flags (LOCKHOLM_CONFIG)');
  for (const { key, env, takes, description, defaultText } of flags) {
    command.addOption(new Option(`--${key} ${takes}`, `${description} (${env}; default: ${defaultText})`));
  }
  command.action(async (_, self: Command) => {
    const served = await start(givenFlags(self));
    void served.ready.then(showReady);
    const { exitCode, refusal } = await served.stopped;
    if (refusal !== undefined) throw new Failure(refusal);
    process.exitCode = exitCode;
  });
}

function showReady({ version, endpoint, data, seal, sealBesideData }: ServedFacts): void {
  const lines = [`Lockholm ${version} serves ${endpoint} (data: ${data}).`, '', ...howToUse(data)];
  if (sealBesideData) {
    lines.push(
      '',
      `The seal ${seal} lies beside the data: whoever takes this folder can read everything that it protects.`,
      'For more than a trial keep it where a thief of the data does not get it, on another disk or a stick: stop the',
      'server, move the file, and start again with --seal and where it is now.',
    );
  }
  print(lines.join('\n'));
}

function howToUse(data: string): readonly string[] {
  const [credentials, config] = [join(data, 'credentials'), join(data, 'config')];
  if (!existsSync(credentials) || !existsSync(config)) {
    return [
      `To make an access key: lockholm account create-access-key 000000000000 --data ${shellWord(data)}`,
    ];
  }
  return [
    'To use it, paste these two lines into a shell, then for example: aws kms create-key',
    `  export AWS_SHARED_CREDENTIALS_FILE=${shellWord(credentials)}`,
    `  export AWS_CONFIG_FILE=${shellWord(config)}`,
  ];
}
