import type { Command } from 'commander';
import { registerRotate } from './domain/rotate.ts';
import { registerShow } from './domain/show.ts';

export function registerDomain(program: Command): void {
  const domain = program.command('domain').description('the key that wraps all stored keys');
  registerShow(domain);
  registerRotate(domain);
}
