import type { Command } from 'commander';
import { registerCreate } from './backup/create.ts';
import { registerDelete } from './backup/delete.ts';
import { registerList } from './backup/list.ts';
import { registerRestore } from './backup/restore.ts';
import { registerVerify } from './backup/verify.ts';

export function registerBackup(program: Command): void {
  const backup = program
    .command('backup')
    .description('make backups of a running server, check them, restore them, delete them');
  registerCreate(backup);
  registerList(backup);
  registerVerify(backup);
  registerRestore(backup);
  registerDelete(backup);
}
