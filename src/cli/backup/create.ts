import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import type { BackupDescription } from '../../operator/operations/describe-backup.ts';
import { Failure } from '../failure.ts';
import { callOperator } from '../operator-client.ts';
import { print, printJson, shellWord } from '../output.ts';
import { somePath } from '../path-argument.ts';
import { onServer } from '../program.ts';
import { percent, progressLine, readableSize } from '../progress.ts';

interface Options {
  readonly data: string;
  readonly json?: boolean;
  readonly wait: boolean;
}
type Begun = Pick<BackupDescription, 'BackupId' | 'Path'>;

const POLL_MS = 250;
const POLL_MOST_MS = 5_000;
const stages = { store: 'copying the store', journal: 'copying the journal', check: 'reading back' } as const;

export function registerCreate(backup: Command): void {
  const command = backup
    .command('create')
    .argument(
      '<folder>',
      'a folder to be made on the server’s machine, or one in which to make a folder',
      somePath,
    )
    .description('back up a running server: everything but its seal and the credentials file')
    .option('--no-wait', 'leave it to the server: `lockholm backup list` shows how far it is');
  onServer(command).action(async (folder: string, { data, json, wait: waits }: Options) => {
    const begun = await callOperator<Begun>(data, 'CreateBackup', { Path: resolve(folder) });
    if (!waits) return show(begun, json, `Backup ${begun.BackupId} is being written to ${begun.Path}.`);
    const done = await finished(data, begun.BackupId);
    if (done.Status === 'Failed')
      throw new Failure(
        `Backup ${done.BackupId} failed: ${done.Failure ?? 'the log of the server says why'}`,
      );
    const entries = `${done.Holds?.JournalEntries ?? 0} journal entries`;
    show(
      done,
      json,
      `Backup ${done.BackupId}: ${readableSize(done.Holds?.Bytes ?? 0)}, ${entries}, in ${done.Path}.\n` +
        'It does not hold the seal, without which nobody can use it: keep a copy of that elsewhere.\n' +
        `To check it: lockholm backup verify ${shellWord(done.Path)}`,
    );
  });
}

async function finished(data: string, id: string): Promise<BackupDescription> {
  const line = progressLine();
  try {
    for (let pause = POLL_MS; ; pause = Math.min(pause * 1.5, POLL_MOST_MS)) {
      const found = await callOperator<BackupDescription>(data, 'DescribeBackup', { BackupId: id });
      if (found.Status !== 'Running') return found;
      if (found.Progress !== undefined) {
        const { Stage, Done, Total } = found.Progress;
        line.show(`${stages[Stage]}: ${percent(Done, Total)}`);
      }
      await wait(pause);
    }
  } finally {
    line.end();
  }
}

function show(value: object, json: boolean | undefined, text: string): void {
  if (json) printJson(value);
  else print(text);
}
