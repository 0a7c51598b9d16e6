/** What lies on the disk: no plaintext, and nothing that can be altered unseen. */
import assert from 'node:assert/strict';
import { createHash, hash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startServer, type TestServer } from '../support/server.ts';
import { pattern } from './object-file.ts';
import { type S3Call, s3Caller } from './s3-raw.ts';

let server: TestServer;
let s3: S3Call;
before(async () => {
  server = await startServer();
  s3 = s3Caller(server);
  await s3('PUT', '/bucket');
});
after(() => server.stop());

const put = async (path: string, body: Buffer | string, headers: Record<string, string> = {}) => {
  const reply = await s3('PUT', path, { body, headers });
  assert.equal(reply.status, 200, `${path} ${reply.status} ${reply.text}`);
};

describe('a stored object', () => {
  const fileOf = (made: () => Promise<unknown>): Promise<string> => {
    const all = () => new Set(readdirSync(join(server.data, 'objects'), { recursive: true }).map(String));
    const before = all();
    return made().then(() => [...all()].find((name) => !before.has(name)) ?? assert.fail('no new file'));
  };

  test('that was altered on the disk is not given, and the server goes on', async () => {
    const path = join(server.data, 'objects', await fileOf(() => put('/bucket/altered', 'A'.repeat(70_000))));
    const file = readFileSync(path);
    file[100] = (file[100] ?? 0) ^ 1;
    writeFileSync(path, file);
    const reply = await s3('GET', '/bucket/altered');
    assert.deepEqual([reply.status, reply.code], [500, 'InternalError']);
    assert.doesNotMatch(reply.text, /AAA/);
    assert.equal((await s3('HEAD', '/bucket/altered')).status, 200);
    rmSync(path);
    assert.equal((await s3('GET', '/bucket/altered')).status, 500);
    await put('/bucket/altered', 'whole again');
    assert.equal((await s3('GET', '/bucket/altered')).text, 'whole again');
  });

  test('of some size that was altered breaks off, so that no client takes it for whole', async () => {
    const body = pattern(5_000_000);
    const path = join(server.data, 'objects', await fileOf(() => put('/bucket/large-altered', body)));
    const file = readFileSync(path);
    file[4_000_000] = (file[4_000_000] ?? 0) ^ 1;
    writeFileSync(path, file);
    await assert.rejects(s3('GET', '/bucket/large-altered'), { code: 'ECONNRESET' });
    const start = await s3('GET', '/bucket/large-altered', { headers: { Range: 'bytes=0-99' } });
    assert.ok(start.bytes.equals(body.subarray(0, 100)));
  });

  test('leaves no plaintext in the data folder, of its body or of what is said with it', async () => {
    const marker = 'plaintext-marker-7c1f';
    const text = marker.repeat(10_000);
    const kms = { 'x-amz-server-side-encryption': 'aws:kms' };
    const about = { 'x-amz-meta-note': marker, 'Content-Disposition': marker };
    await put('/bucket/marked', text, about);
    await put('/bucket/marked-kms', text, { ...about, ...kms });
    // A body that fails at its end was on the disk for a while.
    const failed = await s3('PUT', '/bucket/marked', {
      body: text,
      headers: { ...about, 'Content-MD5': hash('md5', 'other', 'base64') },
    });
    assert.equal(failed.code, 'BadDigest');
    const forms = [marker, createHash('md5').update(text).digest('hex')];
    for (const name of readdirSync(server.data, { recursive: true, withFileTypes: true })) {
      if (!name.isFile()) continue;
      const content = readFileSync(join(name.parentPath, name.name));
      for (const form of forms) assert.ok(!content.includes(form), `${name.name} holds ${form}`);
    }
    assert.equal((await s3('GET', '/bucket/marked')).headers['x-amz-meta-note'], marker);
  });
});
