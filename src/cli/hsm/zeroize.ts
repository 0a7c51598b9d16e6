import type { Command } from 'commander';
import { EXIT_USAGE, Failure } from '../failure.ts';
import { answering } from './answer.ts';
import { connectTo, explained } from './connect.ts';
import { type Credentials, credentials, type LoginOptions, login, withLogin } from './login.ts';
import { type Target, targetsOf } from './selection.ts';

interface Options extends LoginOptions {
  readonly yes?: boolean;
}

export function registerZeroize(hsm: Command): void {
  const command = hsm
    .command('zeroize')
    .argument('<hsm-id>', 'the HSM: hsm-...')
    .description(
      'erase one HSM: its keys and users are gone for good unless another HSM or a backup has them',
    )
    .option('--yes', 'erase it');
  answering(withLogin(command), async (options: Options, hsmId = '') => {
    const target = await targetNamed(options, hsmId);
    if (!options.yes) throw unconfirmed(`This erases the HSM ${hsmId}`);
    await zeroizeOne(target, options, await credentials(options));
    return {
      data: { message: 'Zeroized', 'hsm-id': hsmId },
      text: `${hsmId} is zeroized. It keeps its audit log; to remove it: aws cloudhsmv2 delete-hsm`,
    };
  });
}

export const unconfirmed = (what: string): Failure =>
  new Failure(
    `${what}. What only it holds cannot be brought back. A backup that is older has less: ` +
      'aws cloudhsmv2 describe-backups. To go on, add --yes.',
    EXIT_USAGE,
  );

async function targetNamed(options: Options, hsmId: string): Promise<Target> {
  const targets = await targetsOf(options);
  const named = targets.find((target) => target.hsmId === hsmId);
  if (named !== undefined) return named;
  for (const target of targets.filter((each) => each.hsmId === undefined)) {
    const { connection } = await connectTo(target, options, true);
    connection.close();
    if (connection.peer.hsmId === hsmId) return target;
  }
  throw new Failure(`None of the selected HSMs is ${hsmId}: nothing was done.`, EXIT_USAGE);
}

export async function zeroizeOne(target: Target, options: LoginOptions, who: Credentials): Promise<string> {
  const hsm = await connectTo(target, options, false);
  try {
    const { connection } = await login(hsm, who);
    const { hsmId } = connection.peer;
    await connection.call('zeroize', { hsmId });
    return hsmId;
  } catch (error) {
    throw await explained(error, hsm);
  } finally {
    hsm.connection.close();
  }
}
