/** An event on one line: when, whose, what, how it went, on what, who from where, and the id to show it by. */
import type { JournalEntry } from '../../audit/contract.ts';
import { parseBody, parseEnvelope } from '../../audit/entry.ts';
import { printable } from '../../core/printable.ts';

export function eventLine(entry: JournalEntry): string {
  const envelope = parseEnvelope(entry);
  const body = parseBody(entry);
  const name = body?.eventName ?? envelope.name;
  const who = String(body?.userIdentity.arn ?? '(erased)');
  const resources = body?.resources ?? envelope.resources;
  const parts = [
    envelope.time,
    envelope.account,
    envelope.region,
    name.padEnd(20),
    (envelope.errorCode ?? 'ok').padEnd(4),
    resources.map(shortArn).join(',') || '-',
    `${who} ${body?.sourceIPAddress ?? ''}`.trim(),
    envelope.id,
  ];
  return parts.map(printable).join('  ');
}

/** Without what the account and Region before it say already. */
const shortArn = (arn: string): string => arn.split(':').slice(5).join(':') || arn;
