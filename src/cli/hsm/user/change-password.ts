import type { Command } from 'commander';
import { answering } from '../answer.ts';
import { credentials, type LoginOptions, loggedIn, withLogin } from '../login.ts';
import { type NewPasswordOptions, newPassword, withNewPassword } from '../new-password.ts';

interface Options extends LoginOptions, NewPasswordOptions {
  readonly username?: string;
}

export function registerChangePassword(user: Command): void {
  const command = user
    .command('change-password')
    .description('set a password: your own, or as an administrator anybody’s, which also unlocks the user')
    .option('--username <name>', 'whose (default: that of who logs in)');
  answering(withLogin(withNewPassword(command)), async (options: Options) => {
    const who = await credentials(options);
    const username = options.username ?? who.user;
    const password = await newPassword(options, username);
    await loggedIn(options, who, ({ connection }) =>
      connection.call('changePassword', { user: username, password }),
    );
    return {
      data: { username },
      text: `The password of ${username} is changed on all HSMs; its other sessions ended.`,
    };
  });
}
