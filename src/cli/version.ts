import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { print, printJson } from './output.ts';

/** Of package.json, which lies two folders up from here in the sources and in what is published. */
export function lockholmVersion(): string {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

const versionLine = (): string => `lockholm ${lockholmVersion()}, node ${process.versions.node}`;

export function registerVersion(program: Command): void {
  program.version(versionLine(), '--version', 'show the version of Lockholm and of the Node that runs it');
  program
    .command('version')
    .description('show the version of Lockholm and of the Node that runs it')
    .option('--json', 'print JSON')
    .action(({ json }: { readonly json?: boolean }) => {
      if (json) printJson({ lockholm: lockholmVersion(), node: process.versions.node });
      else print(versionLine());
    });
}
