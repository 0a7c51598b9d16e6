import type { Command } from 'commander';
import { somePath } from '../../path-argument.ts';
import { answering } from '../answer.ts';
import { asUser, type LoginOptions, withLogin } from '../login.ts';
import { writeReceipt } from '../receipt/file.ts';
import { keyReference } from './describe.ts';
import { FILTER, findOne, type KeyFilter, parseFilter } from './key-filter.ts';

interface Options extends LoginOptions {
  readonly filter: KeyFilter;
  readonly receipt?: string;
}

export function registerDelete(key: Command): void {
  const command = key
    .command('delete')
    .description('erase a key that you own on every HSM; backups that were made before still hold it')
    .requiredOption('--filter <filter>', FILTER, parseFilter)
    .option('--receipt <file>', 'write the signed receipt of the deletion into a new file', somePath);
  answering(withLogin(command), (options: Options) =>
    writeReceipt(options.receipt, async (write) => {
      const handle = await asUser(options, async ({ connection }) => {
        const found = await findOne(connection, options.filter);
        await write((await connection.call('deleteKey', { handle: found.handle })).receipt);
        return found.handle;
      });
      return {
        data: { message: 'Key deleted successfully', 'key-reference': keyReference(handle) },
        text: `The key ${keyReference(handle)} is erased. Backups that were made before still hold it.`,
      };
    }),
  );
}
