/** What the two GenerateDataKey operations share. */
import { canonicalContext, type EncryptionContext } from '../../core/encryption-context.ts';
import { validation } from '../errors.ts';
import type { KeyRecord } from '../key.ts';
import type { Kms, KmsCall } from '../kms.ts';
import { endDryRun, requireGrantTokens, requireUsage } from './use.ts';

interface DataKeyRequest {
  readonly KeySpec?: keyof typeof DATA_KEY_BYTES | undefined;
  readonly NumberOfBytes?: number | undefined;
  readonly EncryptionContext?: EncryptionContext | undefined;
  readonly GrantTokens?: readonly string[] | undefined;
  readonly DryRun?: boolean | undefined;
}

const DATA_KEY_BYTES = { AES_128: 16, AES_256: 32 } as const;

export async function generateDataKeyUnder(
  key: KeyRecord,
  input: DataKeyRequest,
  call: KmsCall,
  kms: Kms,
  withPlaintext: boolean,
) {
  requireUsage(key, 'ENCRYPT_DECRYPT', call.operation);
  const length = dataKeyLength(input);
  requireGrantTokens(input.GrantTokens);
  if (input.DryRun === true) return endDryRun();
  const material = await kms.materials.current(key);
  const context = canonicalContext(input.EncryptionContext);
  const made = await kms.backend.generateDataKey(material, length, context, withPlaintext);
  call.record.uses.push(made.use);
  return made;
}

/** Bytes. Exactly one of KeySpec and NumberOfBytes says how many. */
function dataKeyLength({ KeySpec: spec, NumberOfBytes: bytes }: DataKeyRequest): number {
  if (spec !== undefined && bytes === undefined) return DATA_KEY_BYTES[spec];
  if (spec === undefined && bytes !== undefined) return bytes;
  throw validation('Please specify either number of bytes or key spec.');
}
