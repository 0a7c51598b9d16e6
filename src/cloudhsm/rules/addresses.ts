/** The addresses that HSMs listen on, in the place of those of a subnet: each belongs to one HSM of this server. */
import { createHash } from 'node:crypto';
import type { RowsChange } from '../../store/rows-contract.ts';
import type { CloudHsm } from '../cloudhsm.ts';
import { invalidRequest } from '../errors.ts';

export interface TakenAddress {
  readonly address: string;
  readonly change: RowsChange;
}

const TRIES = 64;

/** `wanted`: the IpAddress of the request. An address that was taken meanwhile fails the commit as a conflict. */
export async function takeAddress(
  hsmId: string,
  wanted: string | undefined,
  { rows, network }: CloudHsm,
): Promise<TakenAddress> {
  const free = async (address: string): Promise<boolean> =>
    (await rows.get('hsm-address', address)) === undefined;
  if (wanted !== undefined) {
    const ours = wanted.startsWith(`${network.prefix}.`) && isHost(wanted);
    if (!ours)
      throw invalidRequest(`IpAddress is one of ${network.prefix}.0.1 to ${network.prefix}.255.254.`);
    if (!(await free(wanted))) throw invalidRequest(`The address ${wanted} is in use.`);
    return taken(wanted, hsmId);
  }
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const address = candidate(network.prefix, hsmId, attempt);
    if (isHost(address) && (await free(address))) return taken(address, hsmId);
  }
  throw invalidRequest(`No address of ${network.prefix}.0.0/16 is free.`);
}

const taken = (address: string, hsmId: string): TakenAddress => ({
  address,
  change: { put: [{ table: 'hsm-address', id: address, version: 1, value: { hsmId } }] },
});

/** Spread over the network: two servers on one machine hardly ever choose the same one. */
function candidate(prefix: string, hsmId: string, attempt: number): string {
  const [third = 0, fourth = 0] = createHash('sha256').update(`${hsmId}/${attempt}`).digest();
  return `${prefix}.${third}.${fourth}`;
}

function isHost(address: string): boolean {
  const parts = address.split('.').map(Number);
  return parts.every((part) => part <= 255) && parts[3] !== 0 && parts[3] !== 255;
}
