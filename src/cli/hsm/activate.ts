import type { Command } from 'commander';
import { somePath } from '../path-argument.ts';
import { type Answer, answering } from './answer.ts';
import { onAny } from './connect.ts';
import { intoNewFile } from './files.ts';
import { readSecret } from './secrets.ts';
import { onHsm, type Selection } from './selection.ts';
import { KEEP_CODE } from './unlock-code/keep.ts';
import { HSM_PASSWORD } from './variables.ts';

interface Options extends Selection {
  readonly user: string;
  readonly passwordFile?: string;
  readonly unlockCodeFile?: string;
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
    );
  answering(onHsm(command), activate);
}

async function activate(options: Options): Promise<Answer> {
  const { user, passwordFile: file, unlockCodeFile } = options;
  const password = await readSecret({
    name: 'password',
    option: '--password-file',
    file,
    variable: HSM_PASSWORD,
    question: `Password for ${user} (7 to 32 characters)`,
    twice: true,
  });
  const run = () =>
    onAny(
      options,
      async ({ connection }) => (await connection.call('activate', { user, password })).unlockCode,
    );
  const done = `The cluster is active. Its administrator is ${user}, who makes crypto users: lockholm hsm user create`;
  if (unlockCodeFile === undefined) return answer(done, { 'unlock-code': await run() });
  await intoNewFile(unlockCodeFile, async (write) => write(`${await run()}\n`));
  return answer(done, { 'unlock-code-file': unlockCodeFile });
}

function answer(done: string, made: Readonly<Record<string, string>>): Answer {
  const [code = ''] = Object.values(made);
  return {
    data: { message: 'Cluster activation successful', ...made },
    text: `${done}\n\nUnlock code: ${code}\n\n${KEEP_CODE}`,
  };
}
