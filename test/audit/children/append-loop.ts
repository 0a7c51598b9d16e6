/** Appends to the journal in argv[2] until it is killed, 16 at a time; prints each id once it is durable. */
import { openJournal } from '../../../src/audit/journal.ts';
import { event, NODE } from '../sample.ts';

const journal = await openJournal(process.argv[2] ?? '', { node: NODE, segmentBytes: 200_000 });
await Promise.all(
  Array.from({ length: 16 }, async () => {
    for (;;) {
      const next = event();
      await journal.append(next);
      process.stdout.write(`${next.id}\n`);
    }
  }),
);
