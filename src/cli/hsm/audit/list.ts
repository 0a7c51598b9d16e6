import { type Command, InvalidArgumentError } from 'commander';
import { printable, printableJson } from '../../../core/printable.ts';
import type { AuditEntry } from '../../../hsm/protocol/audit.ts';
import { print } from '../../output.ts';
import { asUser, type LoginOptions, withLogin } from '../login.ts';
import { auditLines, entryOf } from './read.ts';

interface Options extends LoginOptions {
  readonly first: number;
}

export function registerList(audit: Command): void {
  const command = audit
    .command('list')
    .description('show what happened to the HSM that answers, an entry a line; --json prints JSON lines')
    .option('--first <sequence>', 'from this entry on', sequence, 1);
  withLogin(command).action(async (options: Options) => {
    const show = options.json ? (entry: AuditEntry) => printableJson(entry) : auditLine;
    await asUser(options, async ({ connection }) => {
      for await (const line of auditLines(connection, options.first)) print(show(entryOf(line)));
    });
  });
}

export function sequence(given: string): number {
  if (!/^[1-9][0-9]{0,14}$/.test(given)) throw new InvalidArgumentError('It is a number from 1 on.');
  return Number(given);
}

function auditLine({ sequence: number, time, opcode, result, user, key, details = {} }: AuditEntry): string {
  const facts = Object.entries(details).map(([name, value]) => `${name}=${String(value)}`);
  return [
    String(number).padStart(6),
    new Date(time).toISOString(),
    opcode.padEnd(19),
    result,
    user ?? '-',
    ...(key === undefined ? [] : [`0x${key}`]),
    ...facts,
  ]
    .map(printable)
    .join('  ');
}
