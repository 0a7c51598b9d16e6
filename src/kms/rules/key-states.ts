/**
 * Which operation a key's state allows, and the error otherwise: the key-state table of the KMS developer guide
 * ("Key states of AWS KMS keys"), for the states that keys have here.
 */
import type { ServiceError } from '../../core/errors.ts';
import { disabled, invalidState, keyUnavailable } from '../errors.ts';
import { arnOf, type KeyState } from '../key.ts';
import { isConnected } from '../key-store.ts';
import type { StoredKey } from '../kms.ts';
import { importedState } from './imported-material.ts';

type Refusal = (arn: string) => ServiceError;
type StateRule = Readonly<Partial<Record<KeyState, Refusal>>>;

const pendingDeletion: Refusal = (arn) => invalidState(`${arn} is pending deletion.`);
const pendingImport: Refusal = (arn) => invalidState(`${arn} is pending import.`);
const notPendingDeletion: Refusal = (arn) => invalidState(`${arn} is not pending deletion.`);

export const stateRules = {
  /** Works in every state. */
  any: {},
  /** Uses of the key, and its rotation. */
  enabled: {
    Disabled: disabled,
    PendingDeletion: pendingDeletion,
    PendingImport: pendingImport,
    Unavailable: keyUnavailable,
  },
  /** Switching the key on and off. */
  enabledOrDisabled: { PendingDeletion: pendingDeletion, PendingImport: pendingImport },
  /** Changes to the key that one without use allows. */
  notPendingDeletion: { PendingDeletion: pendingDeletion },
  pendingDeletion: {
    Enabled: notPendingDeletion,
    Disabled: notPendingDeletion,
    PendingImport: notPendingDeletion,
    Unavailable: notPendingDeletion,
  },
} as const satisfies Readonly<Record<string, StateRule>>;

export type StateRuleName = keyof typeof stateRules;

/** What is known of a key when its state is asked for. */
export type KeyWithStore = Pick<StoredKey, 'value' | 'store'>;

/** At `time`, milliseconds since the epoch. A key that is pending deletion stays so in a store that is disconnected. */
export function stateOf({ value: key, store }: KeyWithStore, time: number): KeyState {
  const state = importedState(key, time);
  if (key.inStore === undefined || state === 'PendingDeletion') return state;
  return store !== undefined && isConnected(store) ? state : 'Unavailable';
}

/** At `time`, milliseconds since the epoch. */
export function requireState(key: KeyWithStore, rule: StateRuleName, time: number): void {
  const refusal = (stateRules[rule] as StateRule)[stateOf(key, time)];
  if (refusal !== undefined) throw refusal(arnOf(key.value));
}
