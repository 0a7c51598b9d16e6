import type { Command } from 'commander';
import { registerCreate } from './account/create.ts';
import { registerCreateAccessKey } from './account/create-access-key.ts';
import { registerList } from './account/list.ts';

export function registerAccount(program: Command): void {
  const account = program.command('account').description('make and list accounts');
  registerCreate(account);
  registerList(account);
  registerCreateAccessKey(account);
}
