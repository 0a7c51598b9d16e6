/** The audit log of the HSM that answers, from an entry on. */
import type { HsmConnection } from '../../../hsm/client/connection.ts';
import { readAuditLine } from '../../../hsm/protocol/audit.ts';
import { Failure } from '../../failure.ts';

const PAGE = 500;

export async function* auditLines(connection: HsmConnection, first: number): AsyncGenerator<string> {
  for (let next = first; ; ) {
    const { lines } = await connection.call('readAudit', { first: next, limit: PAGE });
    yield* lines;
    if (lines.length === 0) return;
    next += lines.length;
  }
}

export function entryOf(line: string) {
  const entry = readAuditLine(line);
  if (entry === undefined) throw new Failure('The HSM gave a line that is no entry of an audit log.');
  return entry;
}
