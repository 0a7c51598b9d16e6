import type { GetParametersForImportRequest, GetParametersForImportResponse } from '../../core/shapes/kms.ts';
import { onKey } from '../handler.ts';
import { arnOf } from '../key.ts';
import { requireWrapping } from '../rules/import.ts';

/** KMS API reference, "GetParametersForImport". Each call makes a key pair of its own, of which the private key stays. */
export const getParametersForImport = onKey<GetParametersForImportRequest, GetParametersForImportResponse>({
  key: 'KeyId',
  forms: 'id-or-arn',
  origins: ['EXTERNAL'],
  state: 'notPendingDeletion',
  action: 'kms:GetParametersForImport',
  readOnly: true,
  audit: ['KeyId', 'WrappingAlgorithm', 'WrappingKeySpec'],
  async run(input, call, stored, kms) {
    const wrapping = requireWrapping(input);
    const made = await kms.importKeys.create(stored, wrapping, call.time);
    call.record.additionalEventData = {
      wrappingKeySha256: made.publicKeyHash,
      parametersValidTo: new Date(made.validTo).toISOString(),
    };
    await call.commit(made.change);
    return {
      KeyId: arnOf(stored.value),
      ImportToken: made.importToken,
      PublicKey: made.publicKey,
      ParametersValidTo: made.validTo,
    };
  },
});
