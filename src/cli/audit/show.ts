import { join } from 'node:path';
import type { Command } from 'commander';
import { toCloudTrail } from '../../audit/cloudtrail.ts';
import type { JournalEntry } from '../../audit/contract.ts';
import { leafHash, parseEnvelope } from '../../audit/entry.ts';
import { lastEntries } from '../../audit/read-files.ts';
import { printableJson } from '../../core/printable.ts';
import { Failure } from '../failure.ts';
import { print } from '../output.ts';
import { onServer } from '../program.ts';
import { readable } from './tail.ts';

export interface ShowOptions {
  readonly data: string;
  readonly json?: boolean;
}

export function registerShow(audit: Command): void {
  const command = audit
    .command('show')
    .argument('<id>', 'event id, or request id')
    .description('show an event as a CloudTrail record, and its place in the journal');
  onServer(command).action((id: string, options: ShowOptions) => auditShow(id, options, print));
}

/** Prints each event with this id. Rejects with a Failure when there is none. */
export async function auditShow(
  id: string,
  { data, json }: ShowOptions,
  show: (text: string) => void,
): Promise<void> {
  const matches = (entry: JournalEntry): boolean => {
    const envelope = parseEnvelope(entry);
    return envelope.id === id || envelope.requestId === id;
  };
  await readable(async () => {
    const { entries } = await lastEntries(join(data, 'journal'), matches, 100, 1);
    if (entries.length === 0) throw new Failure(`The journal has no event and no request ${id}.`);
    for (const entry of entries) show(json ? printableJson(facts(entry)) : text(entry));
  });
}

function facts(entry: JournalEntry) {
  const { node, body } = parseEnvelope(entry);
  const leaf = leafHash(entry.envelope).toString('hex');
  return { index: entry.index, node, leaf, body, record: toCloudTrail(entry) };
}

function text(entry: JournalEntry): string {
  const { index, node, leaf, body, record } = facts(entry);
  return [
    `entry   ${index} of node ${node}`,
    `leaf    ${leaf}`,
    `body    ${entry.body.length === 0 ? 'erased; its hash was ' : ''}${body}`,
    printableJson(record, 2),
  ].join('\n');
}
