/**
 * Appends to the journal in argv[2] until no more fits in a file, then waits until it is told on standard input
 * that there is room again. Prints acknowledged ids, and `!` with what happened.
 */
import { once } from 'node:events';
import { JournalError } from '../../../src/audit/contract.ts';
import { openJournal } from '../../../src/audit/journal.ts';
import { event, NODE } from '../sample.ts';

const journal = await openJournal(process.argv[2] ?? '', { node: NODE });
const refusals: string[] = [];

async function attempt(): Promise<void> {
  const next = event();
  try {
    await journal.append(next);
    console.log(next.id);
  } catch (error) {
    refusals.push(error instanceof JournalError ? error.code : String(error));
  }
}

while (refusals.length === 0) await Promise.all(Array.from({ length: 8 }, attempt));
refusals.length = 0;
while (refusals.length === 0) await attempt();
const [sizeThen, code] = [journal.size, journal.failure?.code];
console.log(`!refused ${[...new Set(refusals)].join(' ')}, ${code}`);
await once(process.stdin, 'data');
refusals.length = 0;
await Promise.all(Array.from({ length: 8 }, attempt));
console.log(`!then ${journal.size - sizeThen} more, refused ${refusals.length}, ${journal.failure?.code}`);
await journal.close();
process.exit();
