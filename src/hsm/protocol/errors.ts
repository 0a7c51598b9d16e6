/**
 * Why an HSM refused. `state`: not while the HSM is as it is (locked, not activated, catching up, halted).
 * `not-allowed`: the user's role or the key's owner forbids it. `not-found`, `exists`: users, keys, members.
 * `wrong-credential`: password or unlock code; `user-not-found`, `user-locked`, `user-logged-in`: as the connection
 * errors of a custom key store tell them apart. `invalid-ciphertext`: one failure whatever the cause. `wrapped-key`:
 * wrapped bytes that do not unwrap. `not-extractable`, `key-usage`: what the key may not be used for. `members-down`:
 * not every member of the cluster can be reached. `refused`: a value out of bounds. `busy`: too many at one time.
 * `full`: no room. `tampered`: what is stored was altered.
 */
export const hsmErrorCodes = [
  'state',
  'not-allowed',
  'not-found',
  'exists',
  'wrong-credential',
  'user-not-found',
  'user-locked',
  'user-logged-in',
  'invalid-ciphertext',
  'wrapped-key',
  'not-extractable',
  'key-usage',
  'members-down',
  'refused',
  'busy',
  'full',
  'tampered',
  'internal',
] as const;
/**
 * Beside what an HSM answers: `unavailable`, no answer, so that what was asked may have happened or not; `untrusted`,
 * the other end did not prove that it is an HSM of the cluster, so nothing was sent.
 */
export type HsmErrorCode = (typeof hsmErrorCodes)[number] | 'unavailable' | 'untrusted';

export class HsmError extends Error {
  override readonly name = 'HsmError';
  readonly code: HsmErrorCode;
  constructor(code: HsmErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
