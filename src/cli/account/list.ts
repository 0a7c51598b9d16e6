import type { Command } from 'commander';
import { callOperator } from '../operator-client.ts';
import { printJson, printTable } from '../output.ts';
import { onServer } from '../program.ts';

interface Options {
  readonly data: string;
  readonly json?: boolean;
}
interface Listed {
  readonly Accounts: readonly {
    readonly AccountId: string;
    readonly Name: string;
    readonly Created: string;
  }[];
}

export function registerList(account: Command): void {
  const command = account.command('list').description('list all accounts');
  onServer(command).action(async ({ data, json }: Options) => {
    const listed = await callOperator<Listed>(data, 'ListAccounts', {});
    if (json) printJson(listed);
    else
      printTable(
        ['ACCOUNT', 'CREATED', 'NAME'],
        listed.Accounts.map((a) => [a.AccountId, a.Created, a.Name]),
      );
  });
}
