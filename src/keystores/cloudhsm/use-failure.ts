/** What a caller is told when an HSM does not do what was asked. */
import { HsmError } from '../../hsm/protocol/errors.ts';
import { invalidCiphertext, invalidState, keyUnavailable } from '../../kms/errors.ts';
import { NotConnected } from './not-connected.ts';

/**
 * KMS API reference, "KMSInvalidStateException": of keys in custom key stores "a general failure with many possible
 * causes", which the message tells.
 */
export function useFailure(error: unknown, keyArn: string): unknown {
  if (!(error instanceof HsmError)) return error;
  if (error.code === 'invalid-ciphertext') return invalidCiphertext();
  if (error instanceof NotConnected) return keyUnavailable(keyArn);
  if (error.code === 'refused') return error;
  return invalidState(`${keyArn} cannot be used, its custom key store answers: ${error.message}.`);
}
