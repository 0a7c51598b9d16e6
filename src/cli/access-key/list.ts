import type { Command } from 'commander';
import { callOperator } from '../operator-client.ts';
import { printJson, printTable } from '../output.ts';
import { onServer } from '../program.ts';

interface Options {
  readonly data: string;
  readonly json?: boolean;
  readonly account?: string;
}
interface Listed {
  readonly AccessKeys: readonly {
    readonly AccessKeyId: string;
    readonly AccountId: string;
    readonly Status: string;
    readonly Created: string;
  }[];
}

export function registerList(accessKey: Command): void {
  const command = accessKey
    .command('list')
    .description('list access keys, without their secrets')
    .option('--account <account>', 'those of one account');
  onServer(command).action(async ({ data, json, account }: Options) => {
    const listed = await callOperator<Listed>(data, 'ListAccessKeys', { AccountId: account });
    if (json) {
      printJson(listed);
      return;
    }
    const rows = listed.AccessKeys.map((key) => [key.AccessKeyId, key.AccountId, key.Status, key.Created]);
    printTable(['ACCESS KEY', 'ACCOUNT', 'STATUS', 'CREATED'], rows);
  });
}
