import type { Command } from 'commander';
import type { BackupDescription } from '../../operator/operations/describe-backup.ts';
import { callOperator } from '../operator-client.ts';
import { print, printJson, printTable } from '../output.ts';
import { onServer } from '../program.ts';
import { percent, readableSize } from '../progress.ts';

interface Options {
  readonly data: string;
  readonly json?: boolean;
}

export function registerList(backup: Command): void {
  const command = backup.command('list').description('list the backups that the server made, oldest first');
  onServer(command).action(async ({ data, json }: Options) => {
    const listed = await callOperator<{ readonly Backups: readonly BackupDescription[] }>(
      data,
      'ListBackups',
      {},
    );
    if (json) printJson(listed);
    else if (listed.Backups.length === 0) print('No backup was made: lockholm backup create FOLDER');
    else
      printTable(
        ['BACKUP', 'CREATED', 'STATUS', 'SIZE', 'DOMAIN KEYS', 'PATH'],
        listed.Backups.map((each) => [
          each.BackupId,
          each.Created,
          statusOf(each),
          each.Holds === undefined ? '' : readableSize(each.Holds.Bytes),
          each.Holds?.DomainKeys.join(' ') ?? '',
          each.Path,
        ]),
      );
  });
}

function statusOf({ Status, Failure, Progress }: BackupDescription): string {
  if (Failure !== undefined) return `Failed: ${Failure}`;
  return Progress === undefined
    ? Status
    : `${Status}, ${Progress.Stage} ${percent(Progress.Done, Progress.Total)}`;
}
