import type { Command } from 'commander';
import { checkKeyOptions, deliverKey, type KeyOptions } from '../new-access-key.ts';
import { callOperator } from '../operator-client.ts';
import { onServer } from '../program.ts';
import { clientDefaults } from '../status.ts';
import { type MadeKey, withKeyOptions } from './key-options.ts';

export function registerCreateAccessKey(account: Command): void {
  const command = account
    .command('create-access-key')
    .description('make a further root access key, for one that was lost or is to be replaced')
    .argument('<account>', 'twelve digits');
  onServer(withKeyOptions(command)).action(async (accountId: string, options: KeyOptions) => {
    const defaults = await clientDefaults(options.data);
    await checkKeyOptions(options, accountId);
    const made = await callOperator<MadeKey>(options.data, 'CreateAccessKey', { AccountId: accountId });
    await deliverKey(options, { accountId, key: made.AccessKey, ...defaults }, made);
  });
}
