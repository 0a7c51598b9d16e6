import type { Command } from 'commander';
import { HsmConnection } from '../../hsm/client/connection.ts';
import { identityFingerprint } from '../../hsm/protocol/chain.ts';
import { HsmError } from '../../hsm/protocol/errors.ts';
import { hsmStates, modes } from '../../hsm/protocol/values.ts';
import { Failure } from '../failure.ts';
import { print, printFacts } from '../output.ts';
import { type Answer, answering } from './answer.ts';
import { connectTo } from './connect.ts';
import { shownIdentity } from './first-contact.ts';
import { addressText, onHsm, type Selection, type Target, targetsOf } from './selection.ts';

export function registerInfo(hsm: Command): void {
  const command = hsm
    .command('info')
    .description(
      'show each HSM: its state, its mode, its identity, and whether it proved to be of the cluster',
    );
  answering(onHsm(command), (selection: Selection) => info(selection));
}

interface Found {
  readonly hsmId: string;
  readonly clusterId: string;
  readonly address: string;
  readonly state: string;
  readonly mode: string;
  /** SHA-256 of its public key, hexadecimal. */
  readonly identity: string;
  readonly proven: boolean;
  readonly reason: string;
}

async function info(selection: Selection): Promise<Answer> {
  const hsms: Found[] = [];
  for (const target of await targetsOf(selection)) hsms.push(await lookAt(target, selection));
  if (hsms.every(({ state }) => state === UNREACHABLE))
    throw new Failure(hsms.map(({ address, reason }) => `${address}: ${reason}`).join('\n'));
  return { data: { hsms: hsms.map(dataOf) }, text: () => showAll(hsms) };
}

const UNREACHABLE = 'unreachable';

const dataOf = ({ hsmId, clusterId, ...rest }: Found) => ({
  'hsm-id': hsmId,
  'cluster-id': clusterId,
  ...rest,
});

function showAll(hsms: readonly Found[]): void {
  for (const [i, hsm] of hsms.entries()) {
    if (i > 0) print('');
    printFacts(
      [
        ['HSM', hsm.hsmId],
        ['cluster', hsm.clusterId],
        ['address', hsm.address],
        ['state', hsm.state],
        ['mode', hsm.mode],
        ['identity', hsm.identity],
        ['proven', hsm.proven ? 'yes, by the trust anchor' : 'NO: anybody could say this'],
        ['reason', hsm.reason],
      ].filter(([, value]) => value !== '') as [string, string][],
    );
  }
}

async function lookAt(target: Target, selection: Selection): Promise<Found> {
  const address = addressText(target.address);
  try {
    const { connection } = await connectTo(target, selection, true);
    return await told(connection, address, true);
  } catch (error) {
    const why = error instanceof Failure ? error.cause : error;
    if (!(why instanceof HsmError)) throw error;
    return why.code === 'untrusted' ? unproven(target, why) : unreachable(address, why);
  }
}

const unreachable = (address: string, { message: reason }: HsmError): Found => ({
  hsmId: '',
  clusterId: '',
  address,
  state: UNREACHABLE,
  mode: '',
  identity: '',
  proven: false,
  reason,
});

/** One that waits to join, or somebody else. */
async function unproven({ address }: Target, why: HsmError): Promise<Found> {
  const where = addressText(address);
  try {
    const trust = { identity: identityFingerprint(await shownIdentity(address)) };
    const found = await told(await HsmConnection.connect({ address, trust }), where, false);
    return { ...found, reason: found.reason || why.message };
  } catch (error) {
    if (!(error instanceof HsmError)) throw error;
    // What is there is no HSM.
    return unreachable(where, why);
  }
}

async function told(connection: HsmConnection, address: string, proven: boolean): Promise<Found> {
  try {
    const { hsmId, clusterId, state, mode, identity, reason } = await connection.call('info', {});
    return {
      hsmId,
      clusterId,
      address,
      state: hsmStates[state] ?? 'not known',
      mode: modes[mode] ?? 'not known',
      identity: identityFingerprint(identity),
      proven,
      reason,
    };
  } finally {
    connection.close();
  }
}
