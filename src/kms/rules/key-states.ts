/**
 * Which operation a key's state allows, and the error otherwise: the key-state table of the KMS developer guide
 * ("Key states of AWS KMS keys"), for the states that keys have here.
 */
import type { ServiceError } from '../../core/errors.ts';
import { disabled, invalidState } from '../errors.ts';
import { arnOf, type KeyRecord, type KeyState } from '../key.ts';
import { stateOf } from './imported-material.ts';

type Refusal = (arn: string) => ServiceError;
type StateRule = Readonly<Partial<Record<KeyState, Refusal>>>;

const pendingDeletion: Refusal = (arn) => invalidState(`${arn} is pending deletion.`);
const pendingImport: Refusal = (arn) => invalidState(`${arn} is pending import.`);
const notPendingDeletion: Refusal = (arn) => invalidState(`${arn} is not pending deletion.`);

export const stateRules = {
  /** Works in every state. */
  any: {},
  /** Uses of the key, and its rotation. */
  enabled: { Disabled: disabled, PendingDeletion: pendingDeletion, PendingImport: pendingImport },
  /** Switching the key on and off. */
  enabledOrDisabled: { PendingDeletion: pendingDeletion, PendingImport: pendingImport },
  /** Changes to the key that one without use allows. */
  notPendingDeletion: { PendingDeletion: pendingDeletion },
  pendingDeletion: {
    Enabled: notPendingDeletion,
    Disabled: notPendingDeletion,
    PendingImport: notPendingDeletion,
  },
} as const satisfies Readonly<Record<string, StateRule>>;

export type StateRuleName = keyof typeof stateRules;

/** At `time`, milliseconds since the epoch. */
export function requireState(key: KeyRecord, rule: StateRuleName, time: number): void {
  const refusal = (stateRules[rule] as StateRule)[stateOf(key, time)];
  if (refusal !== undefined) throw refusal(arnOf(key));
}
