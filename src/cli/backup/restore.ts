import { resolve } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../../core/clock.ts';
import { type Restored, restoreBackup } from '../../operator/backup/restore.ts';
import { print, printJson, shellWord } from '../output.ts';
import { somePath } from '../path-argument.ts';
import { percent, progressLine } from '../progress.ts';
import { facts } from './verify.ts';

interface Options {
  readonly data: string;
  readonly journal?: string;
  readonly json?: boolean;
}

export function registerRestore(backup: Command): void {
  backup
    .command('restore')
    .argument('<folder>', 'the backup', somePath)
    .requiredOption('--data <folder>', 'the data folder to make: new, or empty')
    .option(
      '--journal <folder>',
      'what is left of the journal of the server that was lost, usually <its data folder>/journal: what was ' +
        'deleted, disabled or revoked since the backup is repeated from it',
      somePath,
    )
    .option('--json', 'print JSON')
    .description('make a new data folder of a backup')
    .action(async (folder: string, { data, journal, json }: Options) => {
      const line = progressLine();
      const restored = await restoreBackup({
        backup: folder,
        data,
        clock: systemClock,
        progress: (done, total) => line.show(`checking: ${percent(done, total)}`),
        ...(journal === undefined ? {} : { journal: resolve(journal) }),
      }).finally(() => line.end());
      if (json)
        printJson({ ...facts(restored.manifest), Data: restored.data, JournalEntries: restored.entries });
      else show(restored, journal !== undefined);
    });
}

function show({ data, manifest, entries }: Restored, survived: boolean): void {
  const created = new Date(manifest.created).toISOString();
  const since = survived
    ? 'What that journal tells of since the backup (keys deleted or disabled, policies, access keys) is repeated\nby the first start, before anything is served.'
    : 'What was deleted, disabled or revoked since then is in use again, because no later journal was given\n(--journal): look after it when the server runs.';
  print(
    `Restored backup ${manifest.id} of ${created} into ${data}, with ${entries} journal entries.\n${since}\n\n` +
      'The old server must not run any more. Put its seal in place, which no backup holds, then start:\n' +
      `  install -m 600 /path/to/the/seal ${shellWord(`${data}/seal`)}\n` +
      `  lockholm serve --data ${shellWord(data)}`,
  );
}
