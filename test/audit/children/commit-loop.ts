/** Commits rows with events, as a server does, in the folder argv[2], until it is killed; prints each id when done. */
import { join } from 'node:path';
import { openJournal } from '../../../src/audit/journal.ts';
import { Outbox, replayOutbox } from '../../../src/audit/outbox.ts';
import { outboxRow } from '../../../src/store/outbox-row.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { HmacAuthenticator } from '../../store/hmac-authenticator.ts';
import { event, NODE } from '../sample.ts';

const folder = process.argv[2] ?? '';
const store = await openSqliteStore(join(folder, 'store.db'));
const journal = await openJournal(join(folder, 'journal'), { node: NODE });
const authenticator = new HmacAuthenticator('commit-loop');
const parts = { store, journal, node: NODE, authenticator };
await replayOutbox(parts);
const outbox = new Outbox(parts);

await Promise.all(
  Array.from({ length: 8 }, async () => {
    for (;;) {
      const next = event();
      const row = { table: 'setting', id: `effect/${next.id}`, version: 1 } as const;
      await store.commit({
        put: [{ ...row, content: Buffer.from('{}'), mac: Buffer.alloc(0) }],
        event: await outboxRow(next, authenticator),
      });
      await journal.append(next);
      outbox.journalled(next.id);
      process.stdout.write(`${next.id}\n`);
    }
  }),
);
