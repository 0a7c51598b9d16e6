import type { Command } from 'commander';
import { EXIT_USAGE, Failure } from '../../failure.ts';
import { answering } from '../answer.ts';
import { connectTo, explained } from '../connect.ts';
import { type Credentials, credentials, type LoginOptions, login, withLogin } from '../login.ts';
import { type Target, targetsOf } from '../selection.ts';
import { unconfirmed, zeroizeOne } from '../zeroize.ts';

interface Options extends LoginOptions {
  readonly yes?: boolean;
}

export function registerZeroize(cluster: Command): void {
  const command = cluster
    .command('zeroize')
    .description(
      'erase every HSM of the cluster: all of them have to be selected, by --cluster-id or one --hsm each',
    )
    .option('--yes', 'erase them');
  answering(withLogin(command), async (options: Options) => {
    const targets = await targetsOf(options);
    const who = await credentials(options);
    const members = await requireAll(targets, options, who);
    if (!options.yes) throw unconfirmed(`This erases the HSMs ${members.join(', ')}`);
    const erased: string[] = [];
    for (const target of targets) {
      erased.push(
        await zeroizeOne(target, options, who).catch((error: unknown) => {
          throw partly(error, erased);
        }),
      );
    }
    return {
      data: { message: 'Zeroized', 'hsm-ids': erased },
      text: `Zeroized: ${erased.join(', ')}. Backups of the cluster still hold its keys: aws cloudhsmv2 describe-backups`,
    };
  });
}

/** Throws a Failure when a member of the cluster is not selected, or a selected HSM is no member. */
async function requireAll(
  targets: readonly Target[],
  options: Options,
  who: Credentials,
): Promise<readonly string[]> {
  const selected = new Set<string>();
  let members: readonly string[] = [];
  for (const target of targets) {
    const hsm = await connectTo(target, options, false);
    try {
      const { connection } = await login(hsm, who);
      selected.add(connection.peer.hsmId);
      members = (await connection.call('listMembers', {})).members.map(({ hsmId }) => hsmId);
    } catch (error) {
      throw await explained(error, hsm);
    } finally {
      hsm.connection.close();
    }
  }
  const missing = members.filter((member) => !selected.has(member));
  if (missing.length === 0) return members;
  throw new Failure(
    `The cluster has ${missing.join(', ')} too, which is not selected: nothing was done. Select it with a further --hsm.`,
    EXIT_USAGE,
  );
}

function partly(error: unknown, erased: readonly string[]): unknown {
  if (!(error instanceof Failure) || erased.length === 0) return error;
  return new Failure(`${error.message}\nZeroized before that: ${erased.join(', ')}.`, error.exitCode, error);
}
