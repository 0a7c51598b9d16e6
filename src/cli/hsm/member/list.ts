import type { Command } from 'commander';
import { identityFingerprint } from '../../../hsm/protocol/chain.ts';
import { printTable } from '../../output.ts';
import { answering } from '../answer.ts';
import { asUser, type LoginOptions, withLogin } from '../login.ts';

export function registerList(member: Command): void {
  const command = member
    .command('list')
    .description(
      'list the HSMs that were let into the cluster: by whom, when, and whether they are reached now',
    );
  answering(withLogin(command), async (options: LoginOptions) => {
    const { members } = await asUser(options, ({ connection }) => connection.call('listMembers', {}));
    const listed = members.map((each) => ({
      'hsm-id': each.hsmId,
      online: each.online,
      'approved-by': each.approvedBy,
      approved: new Date(each.approved).toISOString(),
      identity: identityFingerprint(each.identity),
      position: each.position,
    }));
    return {
      data: { members: listed },
      text: () =>
        printTable(
          ['HSM', 'ONLINE', 'APPROVED BY', 'APPROVED', 'IDENTITY'],
          listed.map((each) => [
            each['hsm-id'],
            each.online ? 'yes' : 'NO',
            each['approved-by'] || '-',
            each.approved,
            each.identity,
          ]),
        ),
    };
  });
}
