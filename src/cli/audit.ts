import type { Command } from 'commander';
import { registerShow } from './audit/show.ts';
import { registerTail } from './audit/tail.ts';

export function registerAudit(program: Command): void {
  const audit = program
    .command('audit')
    .description('read the journal, beside a running server or without one');
  registerTail(audit);
  registerShow(audit);
}
