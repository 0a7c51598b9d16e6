/** `kill -9` while objects are written: what was acknowledged is there, what was not leaves nothing. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startServer, type TestServer } from '../support/server.ts';
import { pattern } from './object-file.ts';
import { s3Caller } from './s3-raw.ts';

let data: string;
let server: TestServer;
before(async () => {
  data = join(mkdtempSync(join(tmpdir(), 'lockholm-kill-')), 'data');
  server = await startServer({ data });
});
after(async () => {
  await server.stop();
  rmSync(join(data, '..'), { recursive: true, force: true });
});

const bodyOf = (name: string): Buffer => Buffer.concat([Buffer.from(name), pattern(100_000)]);
const files = () =>
  readdirSync(join(data, 'objects'), { recursive: true })
    .map((name) => join(data, 'objects', String(name)))
    .filter((path) => statSync(path).isFile());

test('nothing acknowledged is lost, and no file is left that belongs to no object', {
  timeout: 60_000,
}, async () => {
  const written = new Map<string, Buffer>();
  await s3Caller(server)('PUT', '/kill');
  for (let round = 0; round < 2; round++) {
    const s3 = s3Caller(server);
    let stop = false;
    const write = async (worker: number): Promise<void> => {
      for (let i = 0; !stop; i++) {
        // Overwrites too: the file of the older object must go, whoever is killed.
        const name = `${worker}-${i % 5}`;
        const body = bodyOf(`${name}-${round}-${i}`);
        const reply = await s3('PUT', `/kill/${name}`, { body }).catch(() => undefined);
        if (reply === undefined) return;
        assert.equal(reply.status, 200, reply.text);
        written.set(name, body);
      }
    };
    const workers = [0, 1, 2, 3].map(write);
    await new Promise((resolve) => setTimeout(resolve, 700));
    await server.kill();
    stop = true;
    await Promise.all(workers);
    writeFileSync(join(data, 'objects', 'ab', 'ab'.repeat(16)), 'a file of nobody');
    server = await startServer({ data });
  }
  const s3 = s3Caller(server);
  assert.ok(written.size > 5);
  for (const [name, body] of written) {
    const reply = await s3('GET', `/kill/${name}`);
    assert.equal(reply.status, 200, `${name}: ${reply.text}`);
    // A write whose answer was lost may have come after the last that was acknowledged.
    if (!reply.bytes.equals(body)) assert.ok(reply.text.startsWith(`${name}-`), name);
  }
  const listed = (await s3('GET', '/kill?list-type=2')).text.match(/<Contents>/g)?.length ?? 0;
  const left = () => files().length;
  for (let tries = 0; left() !== listed && tries < 200; tries++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(left(), listed);
});
