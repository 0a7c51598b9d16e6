/** The command line as a whole: how commands are parsed, find their data folder, fail and exit. */
import { Command, CommanderError } from 'commander';
import { EXIT_FAILURE, EXIT_USAGE, Failure, report } from './failure.ts';

/** Flags as given on the command line, by option's name. */
export type Flags = Readonly<Record<string, string | undefined>>;

export function newProgram(): Command {
  return new Command('lockholm')
    .description('A key management service on the AWS KMS wire, and what its operator does to it.')
    .helpCommand('help [command]', 'show the help of Lockholm or of a command')
    .showHelpAfterError('(--help says what there is)')
    .exitOverride();
}

/** Finds the data folder by the server's own settings. Throws an error that says what is wrong with them. */
export type FindData = (flags: Flags) => string;

/**
 * Gives every command that has `--data` the folder as the server would find it: by flag, environment or settings
 * file. Paths are absolute then.
 */
export function resolveDataFolders(program: Command, find: FindData): void {
  program.hook('preAction', (_, command) => {
    if (!command.options.some((option) => option.attributeName() === 'data')) return;
    command.setOptionValueWithSource('data', find(givenFlags(command)), 'cli');
  });
}

/** Without what is only a default. */
export function givenFlags(command: Command): Flags {
  const given = Object.entries(command.opts<Record<string, unknown>>())
    .filter(([name]) => command.getOptionValueSource(name) === 'cli')
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(given);
}

/** For commands that talk to a server: which one. */
export const onServer = (command: Command): Command =>
  command
    .option('--data <folder>', 'data folder of the server (LOCKHOLM_DATA; default: ./data)')
    .option('--config <file>', 'its settings file (LOCKHOLM_CONFIG)')
    .option('--json', 'print JSON');

/** Runs a command and answers the exit code: 0, 1 for a failure, 2 for a wrong use of the command line. */
export async function runProgram(
  program: Command,
  argv: readonly string[],
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<number> {
  endQuietlyWithReader();
  try {
    requireNode(process.versions.node);
    await program.parseAsync([...argv]);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    // Commander has printed help or what is wrong already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    report(error, (env.LOCKHOLM_DEBUG ?? '') !== '');
    return error instanceof Failure ? error.exitCode : EXIT_FAILURE;
  }
}

/** `lockholm account list | head -1` is no error. */
function endQuietlyWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}

const NODE = 26;

/** Under an older Node the engines' sandbox would be open: the permission model of 24 leaves the network to them. */
export function requireNode(version: string): void {
  if (Number.parseInt(version, 10) >= NODE) return;
  throw new Failure(
    `Lockholm runs on Node ${NODE} or newer, and this is ${version}. In a clone: npm run up, which brings its own.`,
  );
}
