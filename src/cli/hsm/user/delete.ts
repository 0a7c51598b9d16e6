import type { Command } from 'commander';
import { answering } from '../answer.ts';
import { asUser, type LoginOptions, withLogin } from '../login.ts';

interface Options extends LoginOptions {
  readonly username: string;
}

export function registerDelete(user: Command): void {
  const command = user
    .command('delete')
    .description('delete a user that owns no keys')
    .requiredOption('--username <name>', 'whom');
  answering(withLogin(command), async (options: Options) => {
    const { username } = options;
    await asUser(options, ({ connection }) => connection.call('deleteUser', { user: username }));
    return { data: { username }, text: `${username} is deleted.` };
  });
}
