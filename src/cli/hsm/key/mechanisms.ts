/** Ways to wrap, by the names of cloudhsm-cli. */
import type { WrapMechanism } from '../../../hsm/protocol/values.ts';

export interface MechanismName {
  readonly name: string;
  readonly alias?: string;
  readonly mechanism: WrapMechanism;
  readonly description: string;
}

export const mechanismNames: readonly MechanismName[] = [
  {
    name: 'rsa-oaep',
    mechanism: 'RSAES_OAEP_SHA_256',
    description: 'under an RSA public key, by OAEP with SHA-256',
  },
  {
    name: 'rsa-aes',
    mechanism: 'RSA_AES_KEY_WRAP_SHA_256',
    description: 'under an RSA public key and a fresh AES key between them',
  },
  { name: 'aes-no-pad', alias: 'aes-kw', mechanism: 'AES_KW', description: 'under an AES key (RFC 3394)' },
  {
    name: 'aes-zero-pad',
    alias: 'aes-kwp',
    mechanism: 'AES_KWP',
    description: 'under an AES key (RFC 5649)',
  },
];
