import type { Command } from 'commander';
import { somePath } from '../../path-argument.ts';
import { answering } from '../answer.ts';
import { intoNewFile } from '../files.ts';
import { asUser, type LoginOptions, withLogin } from '../login.ts';
import { KEEP_CODE } from './keep.ts';

interface Options extends LoginOptions {
  readonly unlockCodeFile?: string;
}

export function registerReplace(unlockCode: Command): void {
  const command = unlockCode
    .command('replace')
    .description('make a new unlock code for all HSMs of the cluster; the old one opens nothing any more')
    .option(
      '--unlock-code-file <file>',
      'write the unlock code into a new file instead of showing it',
      somePath,
    );
  answering(withLogin(command), async (options: Options) => {
    const run = () =>
      asUser(options, async ({ connection }) => (await connection.call('replaceUnlockCode', {})).unlockCode);
    const file = options.unlockCodeFile;
    if (file !== undefined) {
      await intoNewFile(file, async (write) => write(`${await run()}\n`));
      return { data: { 'unlock-code-file': file }, text: `New unlock code: ${file}\n\n${KEEP_CODE}` };
    }
    const code = await run();
    return { data: { 'unlock-code': code }, text: `New unlock code: ${code}\n\n${KEEP_CODE}` };
  });
}
