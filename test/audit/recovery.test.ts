import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { EncodedEvent } from '../../src/audit/contract.ts';
import { openJournal } from '../../src/audit/journal.ts';
import { HEADER_SIZE } from '../../src/audit/segment-file.ts';
import { rounds, seeded } from '../support/random.ts';
import { collect, event, NODE, temporaryFolder } from './sample.ts';

/** Thousands of openings are quicker where syncing costs nothing. */
const memory = existsSync('/dev/shm') ? '/dev/shm' : undefined;
const open = (folder: string) => openJournal(folder, { node: NODE });
const LOG = '000000000000.log';
const BODIES = '000000000000.bodies';

interface Written {
  readonly folder: string;
  readonly events: readonly EncodedEvent[];
  readonly log: Buffer;
  readonly bodies: Buffer;
  /** Where each record begins. */
  readonly starts: { readonly log: readonly number[]; readonly bodies: readonly number[] };
}

/** A journal of one segment; each batch is one write. */
async function written(t: TestContext, batches: readonly number[]): Promise<Written> {
  const folder = await temporaryFolder(t, memory);
  const journal = await open(folder);
  const events: EncodedEvent[] = [];
  for (const size of batches) {
    const batch = Array.from({ length: size }, () => event({ resources: [], uses: [] }));
    await Promise.all(batch.map((each) => journal.append(each)));
    events.push(...batch);
  }
  await journal.close();
  const log = await readFile(join(folder, LOG));
  const bodies = await readFile(join(folder, BODIES));
  return { folder, events, log, bodies, starts: { log: starts(log), bodies: starts(bodies) } };
}

function starts(file: Buffer): number[] {
  const found: number[] = [];
  for (let at = HEADER_SIZE; at < file.length; at += 8 + file.readUInt32BE(at)) found.push(at);
  return found;
}

/** Opens what the files now hold; checks that it is the first `count` events, and that more can be appended. */
async function holds(folder: string, events: readonly EncodedEvent[], count: number): Promise<void> {
  const journal = await open(folder);
  const next = event();
  await journal.append(next);
  await journal.close();
  const again = await open(folder);
  const found = (await collect(again.read(0))).map(({ id }) => id);
  await again.close();
  assert.deepEqual(found, [...events.slice(0, count).map(({ id }) => id), next.id]);
}

async function put({ folder, log, bodies }: Written, changes: { log?: Buffer; bodies?: Buffer }) {
  await writeFile(join(folder, LOG), changes.log ?? log);
  await writeFile(join(folder, BODIES), changes.bodies ?? bodies);
}

/** Refused with a message that names the file, and nothing was changed. */
async function refuses(w: Written, changes: { log?: Buffer; bodies?: Buffer }, file: string): Promise<void> {
  await put(w, changes);
  await assert.rejects(open(w.folder), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'corrupt');
    assert.match(error.message, new RegExp(`${file}, byte \\d+: .*Nothing was changed`, 's'));
    return true;
  });
  assert((await readFile(join(w.folder, LOG))).equals(changes.log ?? w.log));
  assert((await readFile(join(w.folder, BODIES))).equals(changes.bodies ?? w.bodies));
}

const flip = (file: Buffer, at: number, bits = 1): Buffer => {
  const changed = Buffer.from(file);
  changed[at] = (changed[at] ?? 0) ^ bits;
  return changed;
};

describe('a torn end', () => {
  for (const kind of ['log', 'bodies'] as const) {
    it(`of the ${kind} file is cut off, wherever it was torn`, async (t) => {
      const w = await written(t, [1, 1]);
      const last = w.starts[kind][1] ?? 0;
      const file = w[kind];
      for (let size = last; size < file.length; size += 1) {
        await put(w, { [kind]: file.subarray(0, size) });
        const journal = await open(w.folder);
        assert.equal(journal.size, 1, `cut at ${size}`);
        await journal.close();
      }
      await put(w, { [kind]: file.subarray(0, last + 20) });
      await holds(w.folder, w.events, 1);
    });

    it(`of the ${kind} file that reads as zeros is cut off`, async (t) => {
      const w = await written(t, [1, 1]);
      const last = w.starts[kind][1] ?? 0;
      await put(w, { [kind]: Buffer.concat([w[kind].subarray(0, last), Buffer.alloc(5000)]) });
      await holds(w.folder, w.events, 1);
    });
  }

  it('may be any part of one write', async (t) => {
    const w = await written(t, [2, 6]);
    for (let logs = 2; logs <= 8; logs += 1) {
      for (let bodies = 2; bodies <= 8; bodies += 1) {
        await put(w, {
          log: w.log.subarray(0, w.starts.log[logs] ?? w.log.length),
          bodies: w.bodies.subarray(0, w.starts.bodies[bodies] ?? w.bodies.length),
        });
        await holds(w.folder, w.events, Math.min(logs, bodies));
      }
    }
  });

  it('is not what is missing from an earlier write', async (t) => {
    const w = await written(t, [2, 3, 4]);
    await refuses(w, { log: w.log.subarray(0, w.starts.log[4]) }, LOG);
    await refuses(w, { bodies: w.bodies.subarray(0, w.starts.bodies[4]) }, BODIES);
    await refuses(w, { bodies: w.bodies.subarray(0, HEADER_SIZE) }, BODIES);
  });
});

describe('damage', () => {
  it('of any byte of a record that others follow is refused', async (t) => {
    const w = await written(t, [1, 1, 2]);
    for (const kind of ['log', 'bodies'] as const) {
      const [from = 0, to = 0] = w.starts[kind].slice(1, 3);
      for (let at = from; at < to; at += 1) {
        const changed = flip(w[kind], at, 1 << (at % 8));
        await put(w, { [kind]: changed });
        const opened = await open(w.folder).then(
          (journal) => journal.close().then(() => 'opened'),
          (error) => error.code,
        );
        assert.equal(opened, 'corrupt', `${kind} byte ${at - from}`);
        assert((await readFile(join(w.folder, kind === 'log' ? LOG : BODIES))).equals(changed));
      }
    }
  });

  it('is named by file and byte', async (t) => {
    const w = await written(t, [1, 1, 1]);
    await refuses(w, { log: flip(w.log, (w.starts.log[1] ?? 0) + 60) }, LOG);
    await refuses(w, { bodies: flip(w.bodies, (w.starts.bodies[1] ?? 0) + 60) }, BODIES);
    await refuses(w, { log: flip(w.log, 20) }, LOG);
    await refuses(w, { bodies: flip(w.bodies, 20) }, BODIES);
  });

  it('of a closed segment is found when it is read', async (t) => {
    const folder = await temporaryFolder(t);
    const journal = await openJournal(folder, { node: NODE, segmentBytes: 1024 });
    for (let count = 0; count < 6; count += 1) await journal.append(event());
    await journal.close();
    const file = await readFile(join(folder, LOG));
    await writeFile(join(folder, LOG), flip(file, HEADER_SIZE + 50));
    const again = await open(folder);
    t.after(() => again.close());
    await assert.rejects(collect(again.read(0)), { code: 'corrupt' });
    await rm(join(folder, '000000000000.idx'));
    await assert.rejects(open(folder), { code: 'corrupt' });
  });
});

describe('segments', () => {
  async function several(t: TestContext) {
    const folder = await temporaryFolder(t);
    const journal = await openJournal(folder, { node: NODE, segmentBytes: 1024 });
    for (let count = 0; count < 8; count += 1) await journal.append(event());
    await journal.close();
    const names = (await readdir(folder)).filter((name) => name.endsWith('.log'));
    return { folder, bases: names.map((name) => name.slice(0, -4)) };
  }

  it('that are missing are named', async (t) => {
    const { folder, bases } = await several(t);
    for (const kind of ['log', 'bodies', 'idx']) await rm(join(folder, `${bases[1]}.${kind}`));
    await assert.rejects(open(folder), {
      code: 'corrupt',
      message: new RegExp(`${bases[1]}.log is missing`),
    });
  });

  it('that lost one of their files are named', async (t) => {
    for (const kind of ['log', 'bodies']) {
      const { folder, bases } = await several(t);
      await rm(join(folder, `${bases.at(-1)}.${kind}`));
      await assert.rejects(open(folder), {
        code: 'corrupt',
        message: new RegExp(`${bases.at(-1)}.${kind} is missing`),
      });
    }
  });

  it('of another journal are refused', async (t) => {
    const [mine, other] = [await several(t), await several(t)];
    for (const kind of ['log', 'bodies', 'idx']) {
      const name = `${mine.bases[1]}.${kind}`;
      await cp(join(other.folder, name), join(mine.folder, name));
    }
    await assert.rejects(open(mine.folder), { code: 'corrupt', message: /does not continue/ });
  });

  it('under a wrong name are refused', async (t) => {
    const { folder, bases } = await several(t);
    for (const kind of ['log', 'bodies']) {
      await rename(join(folder, `${bases.at(-1)}.${kind}`), join(folder, `000000000099.${kind}`));
    }
    await assert.rejects(open(folder), { code: 'corrupt' });
  });

  it('that a rotation had only begun are begun again', async (t) => {
    for (const [log, bodies] of [
      [0, undefined],
      [100, 0],
      [HEADER_SIZE, 7],
      [undefined, HEADER_SIZE],
    ]) {
      const w = await written(t, [2]);
      const header = w.log.subarray(0, HEADER_SIZE);
      if (log !== undefined) await writeFile(join(w.folder, '000000000002.log'), header.subarray(0, log));
      if (bodies !== undefined) {
        await writeFile(join(w.folder, '000000000002.bodies'), header.subarray(0, bodies));
      }
      await holds(w.folder, w.events, 2);
    }
  });

  it('written by a newer version are left alone', async (t) => {
    const w = await written(t, [1]);
    const newer = Buffer.from(w.log);
    newer.writeUInt32BE(2, 8);
    await put(w, { log: newer });
    await assert.rejects(open(w.folder), { code: 'corrupt', message: /newer Lockholm/ });
    await truncate(join(w.folder, LOG), 3);
    await truncate(join(w.folder, BODIES), 3);
    const journal = await open(w.folder);
    assert.equal(journal.size, 0);
    await journal.close();
  });
});

it('files damaged at random give a beginning of what was written, or are refused', async (t) => {
  const w = await written(t, [3, 1, 4, 2]);
  const ids = w.events.map(({ id }) => id);
  const random = seeded('journal files');
  for (let round = 0; round < rounds(150); round += 1) {
    const changes: Record<'log' | 'bodies', Buffer> = { log: w.log, bodies: w.bodies };
    const count = 1 + random.below(3);
    for (let change = 0; change < count; change += 1) {
      const kind = random.pick(['log', 'bodies'] as const);
      const file = changes[kind];
      const at = random.below(file.length);
      changes[kind] = random.pick([
        () => flip(file, at, 1 + random.below(255)),
        () => file.subarray(0, at),
        () => Buffer.concat([file, random.bytes(random.below(200))]),
        () => Buffer.concat([file.subarray(0, at), random.bytes(4), file.subarray(at)]),
      ])();
    }
    await put(w, changes);
    try {
      const journal = await open(w.folder);
      const found = (await collect(journal.read(0))).map(({ id }) => id);
      await journal.close();
      assert.deepEqual(found, ids.slice(0, found.length));
      // One change alone never costs a write before the last one.
      if (count === 1) assert(found.length >= 8, `${found.length} of ${w.events.length} in round ${round}`);
    } catch (error) {
      if ((error as { code?: string }).code !== 'corrupt') throw error;
    }
  }
});
