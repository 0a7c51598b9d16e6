import type { Command } from 'commander';
import { HsmConnection } from '../../../hsm/client/connection.ts';
import { identityFingerprint } from '../../../hsm/protocol/chain.ts';
import { EXIT_USAGE, Failure } from '../../failure.ts';
import { refused } from '../advice.ts';
import { answering } from '../answer.ts';
import { fingerprint } from '../fingerprint.ts';
import { shownIdentity } from '../first-contact.ts';
import { credentials, type LoginOptions, loggedIn, withLogin } from '../login.ts';
import { ask } from '../prompt.ts';
import { addressText, parseAddress, type Target, targetsOf } from '../selection.ts';

interface Options extends LoginOptions {
  readonly joining?: ReturnType<typeof parseAddress>;
  readonly identity?: string;
}

export function registerApprove(member: Command): void {
  const command = member
    .command('approve')
    .argument('<hsm-id>', 'the HSM that waits: hsm-...')
    .description('let an HSM into the cluster: from then on it holds the cluster’s keys')
    .option('--joining <host:port>', 'its address, where --cluster-id does not find it', parseAddress)
    .option('--identity <fingerprint>', 'approve this identity without being asked', fingerprint);
  answering(withLogin(command), async (options: Options, hsmId = '') => {
    const identity = await identityOf(options, hsmId);
    const shown = identityFingerprint(identity);
    const who = await credentials(options);
    await requireWanted(options, hsmId, shown);
    // The identity is that of the one that joins, not of who lets it in.
    const { identity: _, ...members } = options;
    await loggedIn(members, who, ({ connection }) => connection.call('approveMember', { hsmId, identity }));
    return {
      data: { 'hsm-id': hsmId, identity: shown },
      text: `${hsmId} is approved, and gets the cluster’s keys. How far it is: lockholm hsm member list`,
    };
  });
}

/** The key (SPKI, DER) of the HSM that calls itself so. */
async function identityOf(options: Options, hsmId: string): Promise<Buffer> {
  const { address, identity: told } =
    options.joining === undefined ? await lookUp(options, hsmId) : { address: options.joining };
  const where = addressText(address);
  try {
    const identity = await shownIdentity(address);
    const shown = identityFingerprint(identity);
    if (told !== undefined && told !== shown)
      throw new Failure(`At ${where} is another than the server’s ${hsmId}: nothing was approved.`);
    const connection = await HsmConnection.connect({ address, trust: { identity: shown } });
    const info = await connection.call('info', {}).finally(() => connection.close());
    if (info.hsmId === hsmId) return identity;
    throw new Failure(`At ${where} is ${info.hsmId}, not ${hsmId}: nothing was approved.`);
  } catch (error) {
    throw refused(error, where);
  }
}

async function lookUp({ hsm: _, ...options }: Options, hsmId: string): Promise<Target> {
  if (options.clusterId === undefined)
    throw new Failure(`Say where ${hsmId} is: --joining HOST:PORT, or --cluster-id.`, EXIT_USAGE);
  const found = (await targetsOf(options)).find((target) => target.hsmId === hsmId);
  if (found === undefined) throw new Failure(`The cluster ${options.clusterId} has no HSM ${hsmId}.`);
  return found;
}

async function requireWanted({ identity }: Options, hsmId: string, shown: string): Promise<void> {
  const told = `${hsmId} shows the identity\n\n  ${shown}\n\n`;
  if (identity === undefined) {
    const answer = await ask(
      `${told}Whoever has its key gets every key of the cluster. Approve it? (yes or no) `,
      `${told}Compare it with what the server shows. To approve it: --identity ${shown}`,
    );
    if (answer.trim() !== 'yes') throw new Failure('Not approved; nothing was done.');
  } else if (identity !== shown) {
    throw new Failure(`${told}which is another than --identity says: nothing was approved.`);
  }
}
