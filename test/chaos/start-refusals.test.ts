/** A data folder that is not as it was left: the server does not start, says what to do, and overwrites nothing. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { KMS } from '@aws-sdk/client-kms';
import { createEncoder } from '../../src/audit/event.ts';
import { facts } from '../audit/sample.ts';
import { readCredentials } from '../clients/environment.ts';
import { startServer } from '../support/server.ts';
import { readJournal } from './journal.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

let folder: string;
let data: string;
let keyId: string | undefined;
/** `data` is as a server left it. */
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockholm-chaos-'));
  data = join(folder, 'data');
  const server = await startServer({ data });
  const { endpoint, credentialsFile } = server;
  const kms = new KMS({ endpoint, region: 'us-east-1', credentials: readCredentials(credentialsFile) });
  for (let i = 0; i < 20; i += 1) keyId = (await kms.createKey({})).KeyMetadata?.KeyId;
  kms.destroy();
  assert.equal(await server.stop(), 0);
});
after(() => rmSync(folder, { recursive: true, force: true }));

const serve = (path: string) =>
  spawnSync(process.execPath, [main, 'serve', '--data', path, '--listen', '127.0.0.1:0'], {
    encoding: 'utf8',
    env: {},
    timeout: 30_000,
  });

/** Locks and the endpoint's address say who runs now. What SQLite lays beside a store that it looks into is empty. */
const PASSING = /^(?:(?:front-)?lock\.(?:db|db-journal|pid)|operator\.sock|lockholm\.db-(?:shm|wal))$/;

const contents = (path: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !PASSING.test(entry.name))
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort()
      .map((file) => [file, hash('sha256', readFileSync(file))] as const),
  );

const segment = (path: string, kind: 'log' | 'bodies'): string => {
  const journal = join(path, 'journal');
  const name = readdirSync(journal).find((file) => file.endsWith(`.${kind}`));
  return join(journal, name ?? '');
};

const overwrite = (file: string, part: number): void => {
  const bytes = readFileSync(file);
  bytes.fill(0xa5, Math.floor(bytes.length * part), Math.floor(bytes.length * part) + 64);
  writeFileSync(file, bytes);
};

interface Damage {
  readonly name: string;
  readonly message: RegExp;
  damage(path: string): void;
}

const damages: readonly Damage[] = [
  {
    name: 'other users may enter the folder',
    message: /is open to other users: run chmod 700 \S+/,
    damage: (path) => chmodSync(path, 0o755),
  },
  {
    name: 'the seal is torn',
    message: /seal.*(?:backup|copy)/,
    damage: (path) => truncateSync(join(path, 'seal'), 41),
  },
  {
    name: 'the seal is missing',
    message: /seal.*(?:backup|copy|put|--seal)/,
    damage: (path) => rmSync(join(path, 'seal')),
  },
  {
    name: 'the seal is open to other users',
    message: /seal.*chmod 600/,
    damage: (path) => chmodSync(join(path, 'seal'), 0o644),
  },
  {
    name: 'a newer Lockholm wrote the folder',
    message: /format 2.*run the Lockholm that wrote it or a later one/,
    damage: (path) => writeFileSync(join(path, 'VERSION'), 'lockholm data format 2\n'),
  },
  {
    name: 'a newer Lockholm wrote the store',
    message: /schema 99.*run the Lockholm that wrote it or a later one/,
    damage(path) {
      const db = new DatabaseSync(join(path, 'lockholm.db'));
      db.exec('PRAGMA user_version = 99');
      db.close();
    },
  },
  {
    name: 'the store is garbage',
    message: /the store file is damaged.*restore the last backup/,
    damage: (path) => writeFileSync(join(path, 'lockholm.db'), Buffer.alloc(50_000, 'no database ')),
  },
  {
    name: 'the store is missing',
    message: /lockholm\.db is missing\. Put it back, or restore a backup/,
    damage: (path) => rmSync(join(path, 'lockholm.db')),
  },
  {
    name: 'the journal is missing',
    message: /journal is missing\. Put it back.*make an empty folder/,
    damage: (path) => renameSync(join(path, 'journal'), join(folder, `journal-${Date.now()}`)),
  },
  {
    name: 'the journal is damaged in its middle',
    message: /journal\S*\.log.*(?:backup|copy)/,
    damage: (path) => overwrite(segment(path, 'log'), 0.5),
  },
  {
    name: "the journal's bodies are damaged in their middle",
    message: /journal\S*\.bodies.*(?:backup|copy)/,
    damage: (path) => overwrite(segment(path, 'bodies'), 0.5),
  },
  {
    name: "the node's name is garbage",
    message: /does not hold a node's name: restore it from a backup/,
    damage: (path) => writeFileSync(join(path, 'node'), 'somebody\n'),
  },
  {
    name: "the node's name is another's",
    message: /belongs to node \S+, and this is node node-0123456789abcdef/,
    damage: (path) => writeFileSync(join(path, 'node'), 'node-0123456789abcdef\n'),
  },
  {
    name: "the node's name is missing",
    message: /node is missing\. Put it back/,
    damage: (path) => rmSync(join(path, 'node')),
  },
];

describe('a start is refused, and nothing is overwritten, when', () => {
  for (const [number, { name, message, damage }] of damages.entries()) {
    it(name, () => {
      const path = join(folder, `case-${number}`);
      cpSync(data, path, { recursive: true });
      chmodSync(path, 0o700);
      damage(path);
      const before = contents(path);
      const { status, stderr, stdout } = serve(path);
      assert.equal(status, 1, stderr);
      assert.match(stderr, message);
      assert.doesNotMatch(stdout, /serves/);
      assert.deepEqual(contents(path), before);
    });
  }

  it('the seal is that of another server', async () => {
    const other = await startServer({ data: join(folder, 'other') });
    assert.equal(await other.stop(), 0);
    const path = join(folder, 'with-another-seal');
    cpSync(data, path, { recursive: true });
    cpSync(join(folder, 'other', 'seal'), join(path, 'seal'));
    const before = contents(join(path, 'journal'));
    const { status, stderr } = serve(path);
    assert.equal(status, 1, stderr);
    assert.match(stderr, /the seal is not the one.*Start with the right seal \(--seal FILE\)/);
    assert.deepEqual(contents(join(path, 'journal')), before);
    cpSync(join(data, 'seal'), join(path, 'seal'));
    await serves(path);
  });

  it('somebody put an event into the outbox', async () => {
    const path = join(folder, 'with-an-event');
    cpSync(data, path, { recursive: true });
    const node = readFileSync(join(path, 'node'), 'utf8').trim();
    const { id, envelope, body } = createEncoder(node)(facts({ name: 'DeleteKey' }));
    const inStore = (sql: string, ...values: readonly (string | Uint8Array)[]) => {
      const db = new DatabaseSync(join(path, 'lockholm.db'));
      db.prepare(sql).run(...values);
      db.close();
    };
    inStore('INSERT INTO outbox (event_id, envelope, body) VALUES (?, ?, ?)', id, envelope, body);
    const before = contents(join(path, 'journal'));
    const { status, stderr } = serve(path);
    assert.equal(status, 1, stderr);
    assert.match(stderr, new RegExp(`row outbox ${id} is not authentic.*Restore the last backup`));
    assert.deepEqual(contents(join(path, 'journal')), before);
    inStore('DELETE FROM outbox WHERE event_id = ?', id);
    await serves(path);
  });
});

it('what was refused starts again once it is put right', async () => {
  const path = join(folder, 'put-right');
  cpSync(data, path, { recursive: true });
  chmodSync(path, 0o755);
  renameSync(join(path, 'seal'), join(folder, 'seal-aside'));
  assert.equal(serve(path).status, 1);
  chmodSync(path, 0o700);
  assert.equal(serve(path).status, 1);
  renameSync(join(folder, 'seal-aside'), join(path, 'seal'));
  await serves(path);
});

it('a journal that was given up begins anew, and says so', async () => {
  const path = join(folder, 'given-up');
  cpSync(data, path, { recursive: true });
  const before = await readJournal(data);
  rmSync(join(path, 'journal'), { recursive: true });
  mkdirSync(join(path, 'journal'), { mode: 0o700 });
  await serves(path);
  const { events } = await readJournal(path);
  const cut = events.find(({ envelope }) => envelope.name === 'JournalCutShort');
  assert.equal(cut?.body?.additionalEventData?.missingEntries, before.events.length);
});

async function serves(path: string): Promise<void> {
  const server = await startServer({ data: path });
  try {
    const { endpoint, credentialsFile } = server;
    const kms = new KMS({ endpoint, region: 'us-east-1', credentials: readCredentials(credentialsFile) });
    assert.equal((await kms.describeKey({ KeyId: keyId })).KeyMetadata?.KeyState, 'Enabled');
    kms.destroy();
  } finally {
    await server.stop();
  }
}
