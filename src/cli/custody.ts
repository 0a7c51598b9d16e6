import type { Command } from 'commander';
import { registerExplain } from './custody/explain.ts';
import { registerReceipt } from './custody/receipt-add.ts';
import { registerReport } from './custody/report.ts';

export function registerCustody(program: Command): void {
  const custody = program
    .command('custody')
    .description('who could read what a key protects, by which path, and what would stop them');
  registerReport(custody);
  registerExplain(custody);
  registerReceipt(custody);
}
