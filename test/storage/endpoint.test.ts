/** The S3 endpoint of a running server, request by request. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { readCredentials } from '../clients/environment.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { pattern } from './object-file.ts';
import { expectPut, expectRefusal, type Put, type Refused, type S3Call, s3Caller, send } from './s3-raw.ts';

let server: TestServer;
let s3: S3Call;
before(async () => {
  server = await startServer();
  s3 = s3Caller(server);
  assert.equal((await s3('PUT', '/bucket')).status, 200);
});
after(() => server.stop());

const refused: Refused = (...request) => expectRefusal(s3, ...request);
const put: Put = (...request) => expectPut(s3, ...request);
const base64 = (bytes: Buffer): string => bytes.toString('base64');
const crc = (text: string): string => {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(crc32(text));
  return base64(out);
};

describe('errors', () => {
  test('are XML with code, message, resource and the id of the request', async () => {
    const { headers, text } = await s3('GET', '/bucket/missing%20key');
    const id = headers['x-amz-request-id'];
    assert.equal(headers['content-type'], 'application/xml');
    assert.equal(
      text,
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.' +
        `</Message><Key>missing key</Key><Resource>/bucket/missing%20key</Resource><RequestId>${id}</RequestId></Error>`,
    );
  });

  test('of signatures', async () => {
    const wrongSecret = { ...readCredentials(server.credentialsFile), secretAccessKey: 'wrong' };
    await refused([403, 'SignatureDoesNotMatch'], 'GET', '/bucket', { credentials: wrongSecret });
    const unknown = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' };
    await refused([403, 'InvalidAccessKeyId'], 'GET', '/bucket', { credentials: unknown });
    const late = { headers: { 'X-Amz-Date': '20200101T000000Z' } };
    await refused([403, 'RequestTimeTooSkewed'], 'GET', '/bucket', late);
    const url = new URL(server.endpoint);
    for (const method of ['GET', 'PUT', 'DELETE']) {
      for (const headers of [{}, { 'x-amz-content-sha256': hash('sha256', '') }]) {
        const { hostname, port } = url;
        const anonymous = await send({ hostname, port, method, path: '/bucket/key', headers }, '');
        assert.deepEqual([anonymous.status, anonymous.code], [403, 'AccessDenied'], method);
      }
    }
    // One that is signed declares its body.
    await refused([400, 'InvalidRequest'], 'GET', '/bucket/key', {
      alter: ({ headers }) => {
        delete headers['X-Amz-Content-Sha256'];
      },
    });
    await refused([403, 'SignatureDoesNotMatch'], 'GET', '/bucket/key', {
      alter: (request) => {
        request.path = '/bucket/other';
      },
    });
    await refused([403, 'SignatureDoesNotMatch'], 'PUT', '/bucket/key', {
      body: 'x',
      alter: ({ headers }) => {
        headers['x-amz-meta-added'] = 'later';
      },
    });
  });

  test('of a Region that is not the bucket’s', async () => {
    const text = await refused([400, 'AuthorizationHeaderMalformed'], 'GET', '/bucket', {
      region: 'eu-west-1',
    });
    assert.match(text, /<Region>us-east-1<\/Region>/);
    const where = await s3('GET', '/bucket?location', { region: 'eu-west-1' });
    assert.match(where.text, /<LocationConstraint xmlns="[^"]+"\/>/);
  });

  test('of what is not built', async () => {
    const unbuilt: readonly [string, string, Record<string, string>?][] = [
      ['GET', '/bucket?acl'],
      ['PUT', '/bucket?versioning'],
      ['POST', '/bucket/key?uploads'],
      ['PUT', '/bucket/key?partNumber=1&uploadId=x'],
      ['GET', '/bucket/key?partNumber=1'],
      ['PUT', `/bucket/key?X-Amz-Content-Sha256=${hash('sha256', 'y')}`],
      ['PUT', '/bucket/key', { 'x-amz-copy-source': '/bucket/other' }],
      ['PUT', '/bucket/key', { 'x-amz-tagging': 'a=b' }],
      ['PUT', '/bucket/key', { 'x-amz-acl': 'public-read' }],
      ['PUT', '/bucket/key', { 'x-amz-storage-class': 'GLACIER' }],
      ['PUT', '/bucket/key', { 'x-amz-checksum-md5': 'x' }],
      ['PUT', '/bucket/key', { 'x-amz-server-side-encryption': 'aws:kms:dsse' }],
      ['PUT', '/bucket/key', { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' }],
      ['PUT', '/bucket/key', { 'x-amz-server-side-encryption-bucket-key-enabled': 'true' }],
      ['PATCH', '/bucket/key'],
    ];
    for (const [method, path, headers = {}] of unbuilt) {
      const reply = await s3(method, path, { body: method === 'PUT' ? 'x' : '', headers });
      const expected = method === 'PATCH' ? [405, 'MethodNotAllowed'] : [501, 'NotImplemented'];
      assert.deepEqual([reply.status, reply.code], expected, `${method} ${path} ${JSON.stringify(headers)}`);
    }
    await refused([404, 'NoSuchKey'], 'GET', '/bucket/key');
    await refused([404, 'NoSuchKey'], 'GET', '/bucket/key?X-Amz-Content-Sha256=UNSIGNED-PAYLOAD');
  });
});

describe('objects', () => {
  test('come back as they were, with their headers', async () => {
    const headers = {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Encoding': 'gzip',
      'Cache-Control': 'no-cache',
      'x-amz-meta-colour': 'blue',
      'x-amz-meta-empty': '',
      'Content-MD5': hash('md5', 'hello', 'base64'),
    };
    const { headers: written } = await put('/bucket/with-headers', 'hello', headers);
    assert.equal(written.etag, `"${hash('md5', 'hello')}"`);
    const reply = await s3('GET', '/bucket/with-headers');
    assert.equal(reply.text, 'hello');
    const expected = {
      etag: written.etag,
      'content-length': '5',
      'content-type': 'text/plain; charset=utf-8',
      'content-encoding': 'gzip',
      'cache-control': 'no-cache',
      'x-amz-meta-colour': 'blue',
      'x-amz-meta-empty': '',
      'accept-ranges': 'bytes',
      'x-amz-server-side-encryption': 'AES256',
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(reply.headers[name], value, name);
    const head = await s3('HEAD', '/bucket/with-headers');
    for (const [name, value] of Object.entries(expected)) assert.equal(head.headers[name], value, name);
    assert.equal(head.bytes.length, 0);
    const overridden = await s3('GET', '/bucket/with-headers?response-content-type=image%2Fpng');
    assert.equal(overridden.headers['content-type'], 'image/png');
    const large = { 'x-amz-meta-large': 'x'.repeat(2048) };
    await refused([400, 'MetadataTooLarge'], 'PUT', '/bucket/large', { body: 'x', headers: large });
  });

  test('are overwritten and deleted, and their files go', async () => {
    const files = () =>
      readdirSync(join(server.data, 'objects'), { recursive: true }).filter((name) => String(name).length > 2)
        .length;
    const before = files();
    for (const text of ['one', 'two', '']) {
      await put('/bucket/again', text);
      assert.equal((await s3('GET', '/bucket/again')).text, text);
    }
    assert.equal((await s3('DELETE', '/bucket/again')).status, 204);
    assert.equal((await s3('DELETE', '/bucket/again')).status, 204);
    await refused([404, 'NoSuchKey'], 'GET', '/bucket/again');
    while (files() > before) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  test('that many write and delete at once are always one of those written', async () => {
    const texts = Array.from({ length: 12 }, (_, i) => `text ${i}`.padEnd(2000, '.'));
    const work = texts.flatMap((text, i) => [
      put('/bucket/hot', text),
      s3('GET', '/bucket/hot').then(({ status, text: read }) =>
        assert.ok(status === 404 || texts.includes(read)),
      ),
      ...(i % 3 === 0 ? [s3('DELETE', '/bucket/hot')] : []),
    ]);
    await Promise.all(work);
    await put('/bucket/hot', 'last');
    assert.equal((await s3('GET', '/bucket/hot')).text, 'last');
  });

  test('are told with their checksum while they are overwritten', async () => {
    const checksum = { 'x-amz-checksum-crc32': crc('text') };
    const headers = { 'x-amz-checksum-mode': 'ENABLED' };
    const work = Array.from({ length: 150 }, async () => {
      await put('/bucket/told', 'text', checksum);
      const head = await s3('HEAD', '/bucket/told', { headers });
      // One that is overwritten at every look may not be found.
      assert.ok([200, 404].includes(head.status), String(head.status));
      if (head.status === 200) assert.equal(head.headers['x-amz-checksum-crc32'], crc('text'));
    });
    await Promise.all(work);
  });

  test('are given in ranges', async () => {
    const body = pattern(200_000);
    await put('/bucket/ranges', body);
    const ranges: readonly [string, number, number][] = [
      ['bytes=0-0', 0, 1],
      ['bytes=65535-65536', 65_535, 65_537],
      ['bytes=199999-', 199_999, 200_000],
      ['bytes=-5', 199_995, 200_000],
      ['bytes=100-999999999', 100, 200_000],
      ['bytes=-999999999', 0, 200_000],
    ];
    for (const [range, start, end] of ranges) {
      const reply = await s3('GET', '/bucket/ranges', { headers: { Range: range } });
      assert.equal(reply.status, 206, range);
      assert.equal(reply.headers['content-range'], `bytes ${start}-${end - 1}/200000`);
      assert.ok(reply.bytes.equals(body.subarray(start, end)), range);
    }
    for (const range of ['bytes=200000-', 'bytes=-0']) {
      const text = await refused([416, 'InvalidRange'], 'GET', '/bucket/ranges', {
        headers: { Range: range },
      });
      assert.match(text, /<ActualObjectSize>200000</);
    }
    for (const range of ['bytes=5-3', 'lines=1-2', 'bytes=0-1,3-4', 'bytes=-']) {
      const whole = await s3('GET', '/bucket/ranges', { headers: { Range: range } });
      assert.deepEqual([whole.status, whole.bytes.length], [200, 200_000], range);
    }
  });

  test('are given, and written, under conditions', async () => {
    const etag = String((await put('/bucket/conditions', 'x')).headers.etag);
    const get = async (headers: Record<string, string>) =>
      (await s3('GET', '/bucket/conditions', { headers })).status;
    const [past, future] = ['Mon, 01 Jan 2024 00:00:00 GMT', 'Fri, 01 Jan 2100 00:00:00 GMT'];
    assert.equal(await get({ 'If-Match': etag }), 200);
    assert.equal(await get({ 'If-Match': '"other"' }), 412);
    assert.equal(await get({ 'If-None-Match': etag }), 304);
    assert.equal(await get({ 'If-None-Match': '"other"' }), 200);
    assert.equal(await get({ 'If-Modified-Since': future }), 304);
    assert.equal(await get({ 'If-Modified-Since': past }), 200);
    assert.equal(await get({ 'If-Unmodified-Since': past }), 412);
    assert.equal(await get({ 'If-Match': etag, 'If-Unmodified-Since': past }), 200);
    const write = (headers: Record<string, string>, path = '/bucket/conditions') =>
      s3('PUT', path, { body: 'y', headers });
    assert.equal((await write({ 'If-None-Match': '*' })).code, 'PreconditionFailed');
    assert.equal((await write({ 'If-Match': '"other"' })).code, 'PreconditionFailed');
    assert.equal((await write({ 'If-Match': etag }, '/bucket/none')).code, 'NoSuchKey');
    assert.equal((await write({ 'If-Match': etag })).status, 200);
    assert.equal((await write({ 'If-None-Match': '*' }, '/bucket/new')).status, 200);
  });

  test('keep the checksum that they came with', async () => {
    const body = 'checksummed';
    const given: Readonly<Record<string, string>> = {
      crc32: crc(body),
      sha1: hash('sha1', body, 'base64'),
      sha256: hash('sha256', body, 'base64'),
    };
    for (const [algorithm, value] of Object.entries(given)) {
      const name = `x-amz-checksum-${algorithm}`;
      const { headers } = await put('/bucket/checksum', body, { [name]: value });
      assert.equal(headers[name], value);
      const mode = { 'x-amz-checksum-mode': 'ENABLED' };
      const read = await s3('GET', '/bucket/checksum', { headers: mode });
      assert.deepEqual([read.headers[name], read.headers['x-amz-checksum-type']], [value, 'FULL_OBJECT']);
      assert.equal((await s3('HEAD', '/bucket/checksum', { headers: mode })).headers[name], value);
      assert.equal((await s3('GET', '/bucket/checksum')).headers[name], undefined);
      const part = await s3('GET', '/bucket/checksum', { headers: { ...mode, Range: 'bytes=0-1' } });
      assert.equal(part.headers[name], undefined);
      await refused([400, 'BadDigest'], 'PUT', '/bucket/checksum', {
        body: 'other',
        headers: { [name]: value },
      });
      await refused([400, 'InvalidRequest'], 'PUT', '/bucket/checksum', {
        body,
        headers: { [name]: 'AAAA' },
      });
    }
    const two = { 'x-amz-checksum-crc32': crc(body), 'x-amz-checksum-sha1': given.sha1 ?? '' };
    await refused([400, 'InvalidRequest'], 'PUT', '/bucket/checksum', { body, headers: two });
    const md5 = { 'Content-MD5': hash('md5', 'other', 'base64') };
    await refused([400, 'BadDigest'], 'PUT', '/bucket/checksum', { body, headers: md5 });
    await refused([400, 'InvalidDigest'], 'PUT', '/bucket/checksum', {
      body,
      headers: { 'Content-MD5': 'x' },
    });
    await refused([400, 'XAmzContentSHA256Mismatch'], 'PUT', '/bucket/checksum', {
      body,
      alter: (request) => {
        request.body = 'altered!!!!';
      },
    });
    assert.equal((await s3('GET', '/bucket/checksum')).text, body);
  });

  test('whose body is not declared, or of no known form, are refused', async () => {
    const form = (value: string) => ({ body: 'x', headers: { 'X-Amz-Content-Sha256': value } });
    await refused([400, 'InvalidArgument'], 'PUT', '/bucket/form', form('nonsense'));
    await refused(
      [501, 'NotImplemented'],
      'PUT',
      '/bucket/form',
      form('STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER'),
    );
    await refused(
      [411, 'MissingContentLength'],
      'PUT',
      '/bucket/form',
      form('STREAMING-UNSIGNED-PAYLOAD-TRAILER'),
    );
    assert.equal((await s3('PUT', '/bucket/form', form('UNSIGNED-PAYLOAD'))).status, 200);
  });

  test('may have any key, and no key leads out of the folder', async () => {
    const keys = [
      '..',
      '../../../../etc/passwd',
      './a',
      'a//b',
      '/leading',
      'trailing/',
      '%2500',
      'CON',
      'a\\b',
      '~',
      '%2e%2e',
      'ü/日本/😀',
      '+ &=?#[]@!$()*,;:\'"<>',
      'x'.repeat(1024),
    ];
    for (const key of keys) {
      const path = `/bucket/${key
        .split('/')
        .map((part) =>
          encodeURIComponent(part).replaceAll(
            /[!'()*]/g,
            (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
          ),
        )
        .join('/')}`;
      await put(path, `at ${key}`);
      assert.equal((await s3('GET', path)).text, `at ${key}`, key);
      assert.equal((await s3('DELETE', path)).status, 204);
    }
    const names = readdirSync(join(server.data, 'objects'), { recursive: true }).map(String);
    for (const name of names) assert.match(name, /^[0-9a-f]{2}(?:\/[0-9a-f]{32})?$/);
    await refused([400, 'KeyTooLongError'], 'PUT', `/bucket/${'x'.repeat(1025)}`, { body: 'x' });
    await refused([400, 'InvalidURI'], 'PUT', '/bucket/nul%00', { body: 'x' });
  });

  test('are deleted by the thousand', async () => {
    for (const key of ['d/1', 'd/2']) await put(`/bucket/${key}`, 'x');
    const body =
      '<Delete><Object><Key>d/1</Key></Object><Object><Key>d/2</Key></Object><Object><Key>d/none</Key></Object></Delete>';
    const headers = { 'Content-MD5': hash('md5', body, 'base64') };
    await refused([400, 'InvalidRequest'], 'POST', '/bucket?delete', { body });
    const { text } = await s3('POST', '/bucket?delete', { body, headers });
    assert.equal(text.match(/<Deleted>/g)?.length, 3);
    await refused([404, 'NoSuchKey'], 'GET', '/bucket/d/1');
  });

  test('are deleted by a document as long as their keys can make it, and no longer one is read', async () => {
    const remove = (count: number) => {
      const keys = Array.from({ length: count }, (_, i) => String(i).padStart(1024, 'k'));
      const body = `<Delete>${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`;
      return s3('POST', '/bucket?delete', { body, headers: { 'Content-MD5': hash('md5', body, 'base64') } });
    };
    assert.equal((await remove(1000)).status, 200);
    const tooLong = await remove(1300);
    assert.deepEqual([tooLong.status, tooLong.code], [400, 'EntityTooLarge']);
  });
});
