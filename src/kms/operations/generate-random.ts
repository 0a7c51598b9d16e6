import type { GenerateRandomRequest, GenerateRandomResponse } from '../../core/shapes/kms.ts';
import { storeNotFound, validation } from '../errors.ts';
import { onAccount } from '../handler.ts';

/** KMS API reference, "GenerateRandom". 1 to 1024 bytes; no custom key store exists yet to take them from. */
export const generateRandom = onAccount<GenerateRandomRequest, GenerateRandomResponse>({
  action: 'kms:GenerateRandom',
  readOnly: true,
  audit: ['NumberOfBytes', 'CustomKeyStoreId'],
  unsupported: ['Recipient'],
  async run(input, _call, kms) {
    if (input.NumberOfBytes === undefined) throw validation('Please specify number of bytes.');
    if (input.CustomKeyStoreId !== undefined)
      throw storeNotFound(`Custom key store ${input.CustomKeyStoreId} does not exist.`);
    return { Plaintext: await kms.random(input.NumberOfBytes) };
  },
});
