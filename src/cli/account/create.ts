import type { Command } from 'commander';
import { checkKeyOptions, deliverKey, type KeyOptions } from '../new-access-key.ts';
import { callOperator } from '../operator-client.ts';
import { onServer } from '../program.ts';
import { clientDefaults } from '../status.ts';
import { type MadeKey, withKeyOptions } from './key-options.ts';

interface Options extends KeyOptions {
  readonly name?: string;
  readonly id?: string;
}
interface Made extends MadeKey {
  readonly AccountId: string;
  readonly Name: string;
}

export function registerCreate(account: Command): void {
  const command = account
    .command('create')
    .description('make an account, isolated from all others, with a root access key')
    .option('--name <name>', 'what people call it (default: its id)')
    .option('--id <account>', 'twelve digits (default: any that are free)');
  onServer(withKeyOptions(command)).action(async ({ name, id, ...options }: Options) => {
    const defaults = await clientDefaults(options.data);
    await checkKeyOptions(options, id);
    const made = await callOperator<Made>(options.data, 'CreateAccount', { Name: name, AccountId: id });
    await deliverKey(options, { accountId: made.AccountId, key: made.AccessKey, ...defaults }, made);
  });
}
