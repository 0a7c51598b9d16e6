import type { Command } from 'commander';
import { Failure } from '../../failure.ts';
import { somePath } from '../../path-argument.ts';
import { answering } from '../answer.ts';
import { intoNewFile } from '../files.ts';
import { asUser, type LoginOptions, withLogin } from '../login.ts';
import { KEEP_CODE } from './keep.ts';

const NOT_CONFIRMED = 'Both unlock codes are to be kept: it is not known whether the old one is void';

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
    /** The old code opens until the new one is confirmed, which `keep` has first. */
    const run = (keep: (code: string) => unknown = () => undefined) =>
      asUser(options, async ({ connection }) => {
        const { unlockCode: code } = await connection.call('replaceUnlockCode', {});
        await keep(code);
        await connection.call('confirmUnlockCode', { code }).catch((error: Error) => {
          throw new Failure(`${NOT_CONFIRMED} (${error.message}). The new code: ${code}`, undefined, error);
        });
        return code;
      });
    const file = options.unlockCodeFile;
    if (file !== undefined) {
      await intoNewFile(file, async (write) => {
        await run((code) => write(`${code}\n`));
      });
      return { data: { 'unlock-code-file': file }, text: `New unlock code: ${file}\n\n${KEEP_CODE}` };
    }
    const code = await run();
    return { data: { 'unlock-code': code }, text: `New unlock code: ${code}\n\n${KEEP_CODE}` };
  });
}
