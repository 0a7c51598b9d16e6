import { PASSWORD } from '../../hsm/protocol/values.ts';
import { validation } from '../errors.ts';

/** One that an HSM takes. The message never holds it. */
export function requirePassword(password: string): string {
  if (!PASSWORD.test(password))
    throw validation('KeyStorePassword must have 7 to 32 printable ASCII characters.');
  return password;
}
