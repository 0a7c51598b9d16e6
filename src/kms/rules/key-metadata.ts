import type { KeyMetadata } from '../../core/shapes/kms.ts';
import { arnOf, currentMaterial, type KeyRecord } from '../key.ts';

/** KeyMetadata as DescribeKey, CreateKey and ReplicateKey answer it. */
export function keyMetadata(key: KeyRecord): KeyMetadata {
  const arn = arnOf(key);
  return {
    AWSAccountId: key.account,
    KeyId: key.id,
    Arn: arn,
    CreationDate: key.created,
    Enabled: key.state === 'Enabled',
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: key.state,
    ...(key.deletionDate === undefined ? {} : { DeletionDate: key.deletionDate }),
    Origin: key.origin,
    KeyManager: key.manager,
    CustomerMasterKeySpec: key.keySpec,
    KeySpec: key.keySpec,
    EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    MultiRegion: key.multiRegion,
    ...(key.multiRegion && {
      MultiRegionConfiguration: {
        MultiRegionKeyType: 'PRIMARY',
        PrimaryKey: { Arn: arn, Region: key.region },
        ReplicaKeys: [],
      },
    }),
    CurrentKeyMaterialId: currentMaterial(key).id,
  };
}
