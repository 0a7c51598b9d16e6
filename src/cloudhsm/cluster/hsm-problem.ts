/** What keeps an HSM from serving, and what to do: the StateMessage of the API, at most 300 characters. */
import type { HsmState } from '../../hsm/protocol/values.ts';
import type { HsmRecord } from '../cluster.ts';
import type { HostClient } from '../host/client.ts';

const LONGEST = 300;

type Advice = (hsm: HsmRecord, reason: string) => string | undefined;
const nothing: Advice = () => undefined;

const advice: Readonly<Record<HsmState, Advice>> = {
  uninitialized: nothing,
  initialized: nothing,
  active: nothing,
  joining: ({ id }) =>
    `Waits for the cluster's keys until an administrator approves it: lockholm hsm member approve ${id}.`,
  restoring: () => 'The backup is being restored.',
  locked: ({ address }) =>
    `Locked: what it stores is ciphertext until it gets the unlock code: lockholm hsm unlock --hsm ${address}.`,
  behind: () => 'Catches up with the other HSMs of the cluster.',
  halted: (_hsm, reason) => `Halted: ${reason}`,
  zeroized: () => 'Zeroized: it holds nothing any more. Delete it and create another HSM.',
};

/** Undefined when nothing does. */
export function hsmProblem(hsm: HsmRecord, host: HostClient): string | undefined {
  const status = host.status(hsm.id);
  if (status !== undefined && status.problem !== '') return shortened(status.problem);
  const state = host.state(hsm.id);
  if (status === undefined || state === undefined) return 'The HSM is being started.';
  const problem = advice[state](hsm, status.reason);
  return problem === undefined ? undefined : shortened(problem);
}

/** The model's pattern is `.*`: one line. */
const shortened = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, LONGEST);
