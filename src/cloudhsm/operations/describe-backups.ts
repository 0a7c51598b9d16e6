import type { DescribeBackupsRequest, DescribeBackupsResponse } from '../../core/shapes/cloudhsmv2.ts';
import type { BackupRecord } from '../backup.ts';
import { describeBackup } from '../cluster/describe-backup.ts';
import { notSupported } from '../errors.ts';
import { onAccount } from '../handler.ts';
import { filter, pageOf } from '../rules/listing.ts';

const MOST = 50;

/**
 * CloudHSM API reference, "DescribeBackups": newest first. No backup is a copy of another here, so `sourceBackupIds` finds
 * none; those that were destroyed are listed where a filter asks for them.
 */
export const describeBackups = onAccount<DescribeBackupsRequest, DescribeBackupsResponse>({
  action: 'cloudhsm:DescribeBackups',
  readOnly: true,
  audit: ['Filters', 'MaxResults', 'NextToken', 'Shared', 'SortAscending'],
  async run(input, call, { backups }) {
    if (input.Shared === true) throw notSupported('Shared');
    const passes = filter<BackupRecord>(input.Filters, {
      backupIds: ({ id }) => id,
      sourceBackupIds: () => '',
      clusterIds: ({ clusterId }) => clusterId,
      states: ({ state }) => state,
      neverExpires: ({ neverExpires }) => String(neverExpires),
    });
    const destroyedToo = input.Filters?.backupIds !== undefined || input.Filters?.states !== undefined;
    const direction = input.SortAscending === true ? 1 : -1;
    const found = (await backups.all(call))
      .map(({ value }) => value)
      .filter((backup) => (destroyedToo || backup.state !== 'DELETED') && passes(backup))
      .sort((a, b) => direction * (a.created - b.created));
    const { items, next } = pageOf(found, 'DescribeBackups', input, MOST, ({ id }) => id);
    return { Backups: items.map(describeBackup), ...next };
  },
});
