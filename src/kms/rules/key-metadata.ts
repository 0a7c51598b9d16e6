import type { KeyMetadata } from '../../core/shapes/kms.ts';
import { arnOf, currentMaterialIfAny } from '../key.ts';
import { expiration } from './imported-material.ts';
import { type KeyWithStore, stateOf } from './key-states.ts';
import { shownMaterial } from './shown-material.ts';

/** KeyMetadata as DescribeKey, CreateKey and ReplicateKey answer it at `time`. */
export function keyMetadata(stored: KeyWithStore, time: number): KeyMetadata {
  const { value: key, store } = stored;
  const arn = arnOf(key);
  const state = stateOf(stored, time);
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
    ...(key.inStore !== undefined && { CustomKeyStoreId: key.inStore.id }),
    ...(store !== undefined && { CloudHsmClusterId: store.clusterId }),
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
    ...(current === undefined ? {} : shownMaterial(key, current.id, 'CurrentKeyMaterialId')),
  };
}
