import { type Command, Option } from 'commander';
import { type UserRole, userRoles } from '../../../hsm/protocol/values.ts';
import { answering } from '../answer.ts';
import { credentials, type LoginOptions, loggedIn, withLogin } from '../login.ts';
import { type NewPasswordOptions, newPassword, withNewPassword } from '../new-password.ts';
import { givenRoles } from '../roles.ts';

interface Options extends LoginOptions, NewPasswordOptions {
  readonly username: string;
  readonly role: UserRole;
}

export function registerCreate(user: Command): void {
  const command = user
    .command('create')
    .description('make a user: a crypto-user has keys, an admin makes users and approves HSMs')
    .requiredOption('--username <name>', 'of the new user: 1 to 31 letters, digits or _.@-')
    .addOption(new Option('--role <role>', 'of the new user').choices([...givenRoles]).makeOptionMandatory());
  answering(withLogin(withNewPassword(command)), async (options: Options) => {
    const { username, role } = options;
    const who = await credentials(options);
    const password = await newPassword(options, username);
    await loggedIn(options, who, ({ connection }) =>
      connection.call('createUser', { user: username, role: userRoles.indexOf(role), password }),
    );
    return { data: { username, role }, text: `${username} was made, as ${role}.` };
  });
}
