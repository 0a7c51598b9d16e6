import type { KeyMetadata } from '../../core/shapes/kms.ts';
import { arnOf, currentMaterialIfAny, type KeyRecord } from '../key.ts';
import { expiration, stateOf } from './imported-material.ts';

/** KeyMetadata as DescribeKey, CreateKey and ReplicateKey answer it at `time`. */
export function keyMetadata(key: KeyRecord, time: number): KeyMetadata {
  const arn = arnOf(key);
  const state = stateOf(key, time);
  const current = currentMaterialIfAny(key);
  return {
    AWSAccountId: key.account,
    KeyId: key.id,
    Arn: arn,
    CreationDate: key.created,
    Enabled: state === 'Enabled',
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: state,
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
    ...expiration(key, time),
    ...(current === undefined ? {} : { CurrentKeyMaterialId: current.id }),
  };
}
