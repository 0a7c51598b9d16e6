import type { Command } from 'commander';
import { callOperator } from '../operator-client.ts';
import { print, printJson } from '../output.ts';
import { onServer } from '../program.ts';

interface Options {
  readonly data: string;
  readonly json?: boolean;
}
interface Updated {
  readonly AccessKeyId: string;
  readonly Status: string;
  readonly AccountId: string;
}
export interface StatusChange {
  readonly name: 'activate' | 'deactivate';
  readonly status: 'Active' | 'Inactive';
  readonly description: string;
}

export function registerStatusChange(accessKey: Command, { name, status, description }: StatusChange): void {
  const command = accessKey
    .command(name)
    .description(description)
    .argument('<access-key>', 'its id: AKIA...');
  onServer(command).action(async (AccessKeyId: string, { data, json }: Options) => {
    const updated = await callOperator<Updated>(data, 'UpdateAccessKey', { AccessKeyId, Status: status });
    if (json) printJson(updated);
    else print(`${updated.AccessKeyId} of account ${updated.AccountId} is ${updated.Status}.`);
  });
}
