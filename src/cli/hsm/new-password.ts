/** The password that a user is to have from now on. */
import type { Command } from 'commander';
import { readSecret } from './secrets.ts';
import { HSM_NEW_PASSWORD } from './variables.ts';

export interface NewPasswordOptions {
  readonly newPasswordFile?: string;
}

export const withNewPassword = (command: Command): Command =>
  command.option(
    '--new-password-file <file>',
    `the password to be, or - for a further line of standard input (${HSM_NEW_PASSWORD}; default: asked)`,
  );

export const newPassword = ({ newPasswordFile: file }: NewPasswordOptions, user: string): Promise<string> =>
  readSecret({
    name: 'new password',
    option: '--new-password-file',
    file,
    variable: HSM_NEW_PASSWORD,
    question: `New password for ${user} (7 to 32 characters)`,
    twice: true,
  });
