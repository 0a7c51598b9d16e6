import type { Command } from 'commander';
import { printTable } from '../../output.ts';
import { answering } from '../answer.ts';
import { asUser, type LoginOptions, withLogin } from '../login.ts';
import { roleText } from '../roles.ts';

export function registerList(user: Command): void {
  const command = user
    .command('list')
    .description('list users; failures and sessions are those of the HSM that answers');
  answering(withLogin(command), async (options: LoginOptions) => {
    const { users } = await asUser(options, ({ connection }) => connection.call('listUsers', {}));
    const listed = users.map((each) => ({
      username: each.user,
      role: roleText(each.role),
      locked: String(each.locked),
      mfa: [],
      quorum: [],
      failures: each.failures,
      sessions: each.sessions,
    }));
    return {
      data: { users: listed },
      text: () =>
        printTable(
          ['USER', 'ROLE', 'LOCKED', 'FAILURES', 'SESSIONS'],
          listed.map(({ username, role, locked, failures, sessions }) => [
            username,
            role,
            locked === 'true' ? 'LOCKED' : 'no',
            String(failures),
            String(sessions),
          ]),
        ),
    };
  });
}
