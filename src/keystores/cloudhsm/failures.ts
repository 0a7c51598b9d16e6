/** Why a store could not be connected, in the words of AWS (KMS API reference, "CustomKeyStoresListEntry", ConnectionErrorCode). */
import type { ConnectionErrorCodeType } from '../../core/shapes/kms.ts';
import { HsmError, type HsmErrorCode } from '../../hsm/protocol/errors.ts';

export interface ConnectionFailure {
  readonly code: ConnectionErrorCodeType;
  /** It may pass by itself: the tenant unlocks an HSM, the host starts one. */
  readonly passing: boolean;
  readonly message: string;
}

/** In the order in which they count, where HSMs fail for several reasons. */
const meanings: readonly (readonly [HsmErrorCode, ConnectionErrorCodeType, passing: boolean])[] = [
  ['wrong-credential', 'INVALID_CREDENTIALS', false],
  ['user-locked', 'USER_LOCKED_OUT', false],
  ['user-not-found', 'USER_NOT_FOUND', false],
  ['user-logged-in', 'USER_LOGGED_IN', false],
  // Another customer's CA than the store's, or another cluster, at the address of one of its HSMs.
  ['untrusted', 'INTERNAL_ERROR', false],
  // Locked, catching up, halted: no HSM of the cluster is active.
  ['state', 'INSUFFICIENT_CLOUDHSM_HSMS', true],
  ['unavailable', 'NETWORK_ERRORS', true],
];

const INTERNAL = { code: 'INTERNAL_ERROR', passing: true } as const;

export function connectionFailure(errors: readonly HsmError[]): ConnectionFailure {
  for (const [hsmCode, code, passing] of meanings) {
    const error = errors.find((each) => each.code === hsmCode);
    if (error !== undefined) return { code, passing, message: error.message };
  }
  const [error] = errors;
  return error === undefined ? noHsm : { ...INTERNAL, message: error.message };
}

export const noHsm: ConnectionFailure = {
  code: 'INSUFFICIENT_CLOUDHSM_HSMS',
  passing: true,
  message: 'the cluster has no HSM',
};
export const noCluster: ConnectionFailure = {
  code: 'CLUSTER_NOT_FOUND',
  passing: false,
  message: 'the cluster was deleted',
};
export const noCredential: ConnectionFailure = {
  code: 'INVALID_CREDENTIALS',
  passing: false,
  message:
    'the password was thrown away at the last disconnect: an administrator sets another, UpdateCustomKeyStore gives it',
};

/** What the HSM says that says something of the user, not of the HSM: no other HSM is asked. */
export const isRefusal = (error: unknown): error is HsmError =>
  error instanceof HsmError &&
  ['wrong-credential', 'user-locked', 'user-not-found', 'user-logged-in'].includes(error.code);
