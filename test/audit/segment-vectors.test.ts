import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { toCloudTrail } from '../../src/audit/cloudtrail.ts';
import type { EncodedEvent, EventFacts } from '../../src/audit/contract.ts';
import { openJournal } from '../../src/audit/journal.ts';
import { hex, readVectors } from '../support/vectors.ts';
import { collect, event, NODE, temporaryFolder } from './sample.ts';

interface EventVector {
  readonly name: string;
  readonly facts: EventFacts;
  readonly salt: string;
  readonly envelope: string;
  readonly body: string;
}
const { vectors } = readVectors<{ vectors: readonly EventVector[] }>('journal-events');
const { entries, files } = readVectors<{
  readonly entries: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}>('journal-segments');

const events: readonly EncodedEvent[] = entries.flatMap((name) =>
  vectors
    .filter((vector) => vector.name === name)
    .map(({ facts, salt, envelope, body }) => ({
      id: facts.id,
      envelope: Buffer.from(envelope),
      body: Buffer.concat([hex(salt), Buffer.from(body)]),
    })),
);

async function written(t: TestContext): Promise<string> {
  const folder = await temporaryFolder(t);
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), hex(bytes));
  return folder;
}

describe('the segment vector', () => {
  it('is read, entry by entry', async (t) => {
    const journal = await openJournal(await written(t), { node: NODE });
    t.after(() => journal.close());
    const found = await collect(journal.read(0));
    assert.equal(found.length, 4);
    for (const [index, entry] of found.entries()) {
      assert.equal(entry.id, events[index]?.id);
      assert(Buffer.from(entry.envelope).equals(events[index]?.envelope ?? Buffer.alloc(0)));
      assert(Buffer.from(entry.body).equals(events[index]?.body ?? Buffer.alloc(0)));
    }
  });

  it('is what these events are written as', async (t) => {
    const folder = await temporaryFolder(t);
    const journal = await openJournal(folder, { node: NODE, segmentBytes: 3000 });
    await Promise.all(events.slice(0, 2).map((each) => journal.append(each)));
    for (const each of events.slice(2)) await journal.append(each);
    await journal.close();
    assert.equal(Object.keys(files).length, 4);
    for (const [name, bytes] of Object.entries(files)) {
      assert.equal((await readFile(join(folder, name))).toString('hex'), bytes, name);
    }
  });

  it('may have bodies erased, and only bodies that are zeros count as erased', async (t) => {
    const folder = await written(t);
    const path = join(folder, '000000000003.bodies');
    const bodies = await readFile(path);
    const body = bodies.subarray(160 + 8);
    bodies.writeUInt32BE((bodies.readUInt32BE(160) | 0x8000_0000) >>> 0, 160);
    body.fill(0);
    await writeFile(path, bodies);
    const journal = await openJournal(folder, { node: NODE });
    await journal.append(event());
    const [, , , erased] = await collect(journal.read(0));
    await journal.close();
    assert(erased);
    assert.deepEqual([erased.body.length, toCloudTrail(erased).userIdentity], [0, { type: 'Unknown' }]);
    body[0] = 1;
    await writeFile(path, Buffer.concat([bodies, (await readFile(path)).subarray(bodies.length)]));
    await assert.rejects(openJournal(folder, { node: NODE }), { code: 'corrupt' });
  });
});
