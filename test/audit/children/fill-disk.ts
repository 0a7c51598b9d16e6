/**
 * Run with a folder on a tiny file system: fills it with segments, makes a little room again and again, and shows
 * that every acknowledged event is held and no refused one. Prints one line of JSON.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JournalError } from '../../../src/audit/contract.ts';
import { openJournal } from '../../../src/audit/journal.ts';
import { collect, event, NODE } from '../sample.ts';

const disk = process.argv[2] ?? '';
const folder = join(disk, 'journal');
const ballast = Array.from({ length: 8 }, (_, number) => join(disk, `ballast${number}`));
for (const path of ballast) writeFileSync(path, Buffer.alloc(60_000, 1));
const journal = await openJournal(folder, { node: NODE, segmentBytes: 10_000 });

const acknowledged: string[] = [];
const refused: string[] = [];
const codes = new Set<string>();
async function attempt(): Promise<void> {
  const next = event();
  try {
    await journal.append(next);
    acknowledged.push(next.id);
  } catch (error) {
    refused.push(next.id);
    codes.add(error instanceof JournalError ? error.code : String(error));
  }
}

for (const path of [...ballast, undefined]) {
  for (const end = refused.length + 4; refused.length < end; ) await Promise.all([attempt(), attempt()]);
  if (path !== undefined) rmSync(path);
}
await journal.close();
const again = await openJournal(folder, { node: NODE, segmentBytes: 10_000 });
const held = new Set((await collect(again.read(0))).map(({ id }) => id));
await again.close();
const lost = acknowledged.filter((id) => !held.has(id));
const more = refused.filter((id) => held.has(id));
console.log(JSON.stringify({ refused: refused.length, codes: [...codes], lost, more }));
