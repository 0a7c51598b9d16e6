/**
 * Key material ids in answers: of keys whose material KMS holds. AWS has none for keys in custom key stores (KMS API
 * reference, "KeyMetadata", CurrentKeyMaterialId), so theirs are in the journal and in ciphertexts alone.
 */
import type { KeyRecord } from '../key.ts';

export const shownMaterial = <Name extends string>(
  key: Pick<KeyRecord, 'origin'>,
  materialId: string,
  name: Name,
): Partial<Readonly<Record<Name, string>>> =>
  key.origin === 'AWS_CLOUDHSM' ? {} : ({ [name]: materialId } as Record<Name, string>);
