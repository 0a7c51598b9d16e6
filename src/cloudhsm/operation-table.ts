/**
 * The operations of CloudHSM v2. A name of the service model that has no row here answers
 * CloudHsmInvalidRequestException; a row without a name in the model stops the start (service.ts).
 */
import type { OperationRow } from './handler.ts';
import { createCluster } from './operations/create-cluster.ts';
import { createHsm } from './operations/create-hsm.ts';
import { deleteBackup } from './operations/delete-backup.ts';
import { deleteCluster } from './operations/delete-cluster.ts';
import { deleteHsm } from './operations/delete-hsm.ts';
import { describeBackups } from './operations/describe-backups.ts';
import { describeClusters } from './operations/describe-clusters.ts';
import { initializeCluster } from './operations/initialize-cluster.ts';
import { listTags } from './operations/list-tags.ts';
import { modifyBackupAttributes } from './operations/modify-backup-attributes.ts';
import { modifyCluster } from './operations/modify-cluster.ts';
import { restoreBackup } from './operations/restore-backup.ts';
import { tagResource } from './operations/tag-resource.ts';
import { untagResource } from './operations/untag-resource.ts';

export const operationTable: Readonly<Record<string, OperationRow>> = {
  CreateCluster: createCluster,
  CreateHsm: createHsm,
  DeleteBackup: deleteBackup,
  DeleteCluster: deleteCluster,
  DeleteHsm: deleteHsm,
  DescribeBackups: describeBackups,
  DescribeClusters: describeClusters,
  InitializeCluster: initializeCluster,
  ListTags: listTags,
  ModifyBackupAttributes: modifyBackupAttributes,
  ModifyCluster: modifyCluster,
  RestoreBackup: restoreBackup,
  TagResource: tagResource,
  UntagResource: untagResource,
};
