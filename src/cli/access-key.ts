import type { Command } from 'commander';
import { registerList } from './access-key/list.ts';
import { registerStatusChange } from './access-key/status-change.ts';

export function registerAccessKey(program: Command): void {
  const accessKey = program
    .command('access-key')
    .description('list access keys, switch them off and on; to make one: lockholm account create-access-key');
  registerList(accessKey);
  registerStatusChange(accessKey, {
    name: 'deactivate',
    status: 'Inactive',
    description: 'refuse requests that are signed by an access key, from the next one on',
  });
  registerStatusChange(accessKey, {
    name: 'activate',
    status: 'Active',
    description: 'accept requests that are signed by an access key again',
  });
}
