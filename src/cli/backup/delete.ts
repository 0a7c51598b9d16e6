import type { Command } from 'commander';
import type { BackupDescription } from '../../operator/operations/describe-backup.ts';
import { EXIT_USAGE, Failure } from '../failure.ts';
import { callOperator } from '../operator-client.ts';
import { print, printJson } from '../output.ts';
import { onServer } from '../program.ts';

interface Options {
  readonly data: string;
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly gone?: boolean;
}

export function registerDelete(backup: Command): void {
  const command = backup
    .command('delete')
    .argument('<backup>', 'its id, as `lockholm backup list` shows it')
    .description('remove a backup from where the server wrote it; its record stays')
    .option('--yes', 'remove its files')
    .option('--gone', 'remove nothing: declare that no copy of it is left anywhere');
  onServer(command).action(async (id: string, { data, json, yes, gone }: Options) => {
    if (yes !== true && gone !== true)
      throw new Failure(
        'What only this backup holds is lost with it. To remove its files: --yes. If it is gone already: --gone',
        EXIT_USAGE,
      );
    const input = { BackupId: id, ...(gone === true && { Gone: true }) };
    const deleted = await callOperator<BackupDescription>(data, 'DeleteBackup', input);
    if (json) printJson(deleted);
    else
      print(
        gone === true
          ? `Backup ${id} is recorded as gone.`
          : `Backup ${id} was removed from ${deleted.Path}.`,
      );
  });
}
