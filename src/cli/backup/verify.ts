import type { Command } from 'commander';
import { checkBackup } from '../../operator/backup/check.ts';
import type { Manifest } from '../../operator/backup/manifest.ts';
import { printFacts, printJson } from '../output.ts';
import { somePath } from '../path-argument.ts';
import { percent, progressLine, readableSize } from '../progress.ts';

export function registerVerify(backup: Command): void {
  backup
    .command('verify')
    .argument('<folder>', 'the backup', somePath)
    .description('check that a backup is whole; needs neither its server nor its seal')
    .option('--json', 'print JSON')
    .action(async (folder: string, { json }: { readonly json?: boolean }) => {
      const line = progressLine();
      const check = checkBackup(folder, (done, total) => line.show(`reading: ${percent(done, total)}`));
      const { manifest } = await check.finally(() => line.end());
      if (json) printJson({ ...facts(manifest), ManifestAuthenticated: false });
      else show(manifest);
    });
}

export function facts({ id, created, lockholm, journal, domain, files }: Manifest) {
  return {
    BackupId: id,
    Created: new Date(created).toISOString(),
    Lockholm: lockholm,
    Node: journal.node,
    JournalEntries: journal.end,
    DomainEpoch: domain.epoch,
    DomainKeys: domain.keys,
    Files: files.length,
    Bytes: files.reduce((sum, { size }) => sum + size, 0),
  };
}

function show(manifest: Manifest): void {
  const { BackupId, Created, Lockholm, Node, JournalEntries, DomainEpoch, Bytes, Files } = facts(manifest);
  printFacts([
    ['backup', `${BackupId}, of ${Created}, by Lockholm ${Lockholm} (${Node})`],
    [
      'holds',
      `${readableSize(Bytes)} in ${Files} files; ${JournalEntries} journal entries; domain epoch ${DomainEpoch}`,
    ],
    [
      'whole',
      'yes: every file is as the manifest says, the store is sound, the journal gapless',
      'Whether the manifest itself was exchanged, only the key behind the seal can tell: the first start after a',
      'restore checks that before it serves anything.',
    ],
  ]);
}
