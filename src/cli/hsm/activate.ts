import type { Command } from 'commander';
import type { HsmConnection } from '../../hsm/client/connection.ts';
import { type Mode, modes } from '../../hsm/protocol/values.ts';
import { Failure } from '../failure.ts';
import { somePath } from '../path-argument.ts';
import { type Answer, answering } from './answer.ts';
import { onAny } from './connect.ts';
import { intoNewFile } from './files.ts';
import { meaning } from './mode.ts';
import { readSecret } from './secrets.ts';
import { onHsm, type Selection } from './selection.ts';
import { KEEP_CODE } from './unlock-code/keep.ts';
import { HSM_PASSWORD } from './variables.ts';

interface Options extends Selection {
  readonly user: string;
  readonly passwordFile?: string;
  readonly unlockCodeFile?: string;
  readonly unattended?: boolean;
}

export function registerActivate(hsm: Command): void {
  const command = hsm
    .command('activate')
    .description('make the first administrator and the unlock code of an initialized cluster')
    .option('--user <name>', 'the administrator', 'admin')
    .option(
      '--password-file <file>',
      `its password, or - for a line of standard input (${HSM_PASSWORD}; default: asked)`,
    )
    .option(
      '--unlock-code-file <file>',
      'write the unlock code into a new file instead of showing it',
      somePath,
    )
    .option('--unattended', 'also where the HSM is unattended: the server can open what it stores');
  answering(onHsm(command), activate);
}

async function activate(options: Options): Promise<Answer> {
  const { user, unattended = false, passwordFile: file, unlockCodeFile } = options;
  const password = await readSecret({
    name: 'password',
    option: '--password-file',
    file,
    variable: HSM_PASSWORD,
    question: `Password for ${user} (7 to 32 characters)`,
    twice: true,
  });
  const run = () =>
    onAny(options, async ({ connection, where }): Promise<Made> => {
      const mode = await modeOf(connection);
      if (mode !== 'attended' && !unattended) throw notAttended(where);
      const { unlockCode } = await connection.call('activate', { user, password });
      return { unlockCode, mode };
    });
  if (unlockCodeFile === undefined) {
    const { unlockCode, mode } = await run();
    return answer(user, mode, { 'unlock-code': unlockCode });
  }
  const mode = await intoNewFile(unlockCodeFile, async (write) => {
    const made = await run();
    await write(`${made.unlockCode}\n`);
    return made.mode;
  });
  return answer(user, mode, { 'unlock-code-file': unlockCodeFile });
}

interface Made {
  readonly unlockCode: string;
  readonly mode: Mode;
}

/** What is not known counts as the mode that protects from less. */
async function modeOf(connection: HsmConnection): Promise<Mode> {
  return modes[(await connection.call('info', {})).mode] ?? 'unattended';
}

const notAttended = (where: string): Failure =>
  new Failure(
    `${where}: This HSM is unattended. ${meaning.unattended} Nothing was activated. If you did not ask for that, make the ` +
      'cluster again without the tag lockholm:mode; if you did, say --unattended.',
  );

function answer(user: string, mode: Mode, made: Readonly<Record<string, string>>): Answer {
  const [code = ''] = Object.values(made);
  const done = `The cluster is active. Its administrator is ${user}, who makes crypto users: lockholm hsm user create`;
  return {
    data: { message: 'Cluster activation successful', mode, ...made },
    text: `${done}\nIt is ${mode}. ${meaning[mode]}\n\nUnlock code: ${code}\n\n${KEEP_CODE}`,
  };
}
