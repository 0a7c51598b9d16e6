/** An object that is much larger than the memory that may be spent on it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { after, before, test } from 'node:test';
import aws4 from 'aws4';
import { readCredentials } from '../clients/environment.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { s3Caller } from './s3-raw.ts';

const MIB = 1024 * 1024;
const SIZE = 256 * MIB;
/** Far below the object, above what a garbage collector lets lie. */
const GROWTH = 128 * MIB;

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** Bytes in memory of the largest of the server's processes at its worst. */
function peak(): number {
  const processes = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
  const field = (pid: string, name: string): number => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return Number(new RegExp(`^${name}:\\s+([0-9]+)`, 'm').exec(status)?.[1] ?? 0);
    } catch {
      return 0;
    }
  };
  const children = processes.filter((pid) => field(pid, 'PPid') === server.pid);
  return Math.max(...children.map((pid) => field(pid, 'VmHWM') * 1024));
}

const open = (method: string, path: string, headers: Record<string, string>) => {
  const { hostname, port, host } = new URL(server.endpoint);
  const signed = aws4.sign(
    {
      service: 's3',
      region: 'us-east-1',
      method,
      host,
      path,
      headers: { 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD', ...headers },
    },
    readCredentials(server.credentialsFile),
  );
  return httpRequest({ hostname, port, method, path, headers: signed.headers as Record<string, string> });
};

test('is taken in and given back in bounded memory', { skip: process.platform !== 'linux' }, async () => {
  const s3 = s3Caller(server);
  await s3('PUT', '/large');
  await s3('PUT', '/large/warm', { body: Buffer.alloc(MIB) });
  await s3('GET', '/large/warm');
  const before = peak();
  const md5 = createHash('md5');
  const upload = open('PUT', '/large/object', { 'Content-Length': String(SIZE) });
  const answered = new Promise<{ status: number; etag: string }>((resolve, reject) => {
    upload.on('response', (response) => {
      resolve({ status: response.statusCode ?? 0, etag: String(response.headers.etag) });
      response.resume();
    });
    upload.on('error', reject);
  });
  for (let i = 0; i < SIZE / MIB; i++) {
    const piece = Buffer.alloc(MIB, i);
    md5.update(piece);
    if (!upload.write(piece)) await new Promise((resolve) => upload.once('drain', resolve));
  }
  upload.end();
  const etag = `"${md5.digest('hex')}"`;
  assert.deepEqual(await answered, { status: 200, etag });
  const download = open('GET', '/large/object', {});
  const read = await new Promise<string>((resolve, reject) => {
    const hash = createHash('md5');
    download.on('error', reject).on('response', (response) => {
      response.on('data', (chunk: Buffer) => hash.update(chunk)).on('error', reject);
      response.on('end', () => resolve(`"${hash.digest('hex')}"`));
    });
    download.end();
  });
  assert.equal(read, etag);
  assert.ok(peak() - before < GROWTH, `grew by ${Math.round((peak() - before) / MIB)} MiB`);
});
