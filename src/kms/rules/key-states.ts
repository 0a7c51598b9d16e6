/**
 * Which operation a key's state allows, and the error otherwise: the key-state table of the KMS developer guide
 * ("Key states of AWS KMS keys"), for the states that a key of origin AWS_KMS has.
 */
import type { ServiceError } from '../../core/errors.ts';
import { disabled, invalidState } from '../errors.ts';
import { arnOf, type KeyRecord, type KeyState } from '../key.ts';

type Refusal = (arn: string) => ServiceError;
type StateRule = Readonly<Partial<Record<KeyState, Refusal>>>;

const pendingDeletion: Refusal = (arn) => invalidState(`${arn} is pending deletion.`);
const notPendingDeletion: Refusal = (arn) => invalidState(`${arn} is not pending deletion.`);

export const stateRules = {
  /** Works in every state. */
  any: {},
  /** Uses of the key, and its rotation. */
  enabled: { Disabled: disabled, PendingDeletion: pendingDeletion },
  /** Changes to the key that a disabled one allows. */
  notPendingDeletion: { PendingDeletion: pendingDeletion },
  pendingDeletion: { Enabled: notPendingDeletion, Disabled: notPendingDeletion },
} as const satisfies Readonly<Record<string, StateRule>>;

export type StateRuleName = keyof typeof stateRules;

export function requireState(key: KeyRecord, rule: StateRuleName): void {
  const refusal = (stateRules[rule] as StateRule)[key.state];
  if (refusal !== undefined) throw refusal(arnOf(key));
}
