import type { GenerateRandomRequest, GenerateRandomResponse } from '../../core/shapes/kms.ts';
import { validation } from '../errors.ts';
import { onAccount } from '../handler.ts';
import { connectedStore } from '../rules/key-stores.ts';

/** KMS API reference, "GenerateRandom". 1 to 1024 bytes, of an HSM when a custom key store is named. */
export const generateRandom = onAccount<GenerateRandomRequest, GenerateRandomResponse>({
  action: 'kms:GenerateRandom',
  readOnly: true,
  audit: ['NumberOfBytes', 'CustomKeyStoreId'],
  unsupported: ['Recipient'],
  async run(input, call, kms) {
    if (input.NumberOfBytes === undefined) throw validation('Please specify number of bytes.');
    if (input.CustomKeyStoreId === undefined) return { Plaintext: await kms.random(input.NumberOfBytes) };
    const store = await connectedStore(input.CustomKeyStoreId, call, kms);
    return { Plaintext: await kms.storeBackend.random(store.value, input.NumberOfBytes) };
  },
});
