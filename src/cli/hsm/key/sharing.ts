import type { Command } from 'commander';
import { answering } from '../answer.ts';
import { asUser, type LoginOptions, withLogin } from '../login.ts';
import { keyReference } from './describe.ts';
import { FILTER, findOne, type KeyFilter, parseFilter } from './key-filter.ts';

interface Options extends LoginOptions {
  readonly filter: KeyFilter;
  readonly username: string;
}
export interface Sharing {
  readonly name: 'share' | 'unshare';
  readonly message: 'shareKey' | 'unshareKey';
  readonly description: string;
  readonly done: string;
}

export function registerSharing(key: Command, { name, message, description, done }: Sharing): void {
  const command = key
    .command(name)
    .description(description)
    .requiredOption('--filter <filter>', FILTER, parseFilter)
    .requiredOption('--username <name>', 'the other user');
  answering(withLogin(command), async (options: Options) => {
    const { username, filter } = options;
    const handle = await asUser(options, async ({ connection }) => {
      const found = await findOne(connection, filter);
      await connection.call(message, { handle: found.handle, user: username });
      return found.handle;
    });
    return {
      data: { message: `Key ${name}d successfully`, 'key-reference': keyReference(handle), username },
      text: `${username} ${done} ${keyReference(handle)}.`,
    };
  });
}
