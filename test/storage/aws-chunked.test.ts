import assert from 'node:assert/strict';
import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import { describe, test } from 'node:test';
import { HttpHead } from '../../src/core/http-head.ts';
import { ChunkSignatures } from '../../src/identity/sigv4/chunk-signatures.ts';
import { ChunkedDecoder, type ChunkedForm } from '../../src/wire/rest-xml/aws-chunked.ts';
import { declaredHash, openPayload } from '../../src/wire/rest-xml/payload.ts';
import { rounds, seeded } from '../support/random.ts';

const TRAILER = 'x-amz-checksum-crc32';
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

/** The data in a body that comes in these pieces. */
function decode(pieces: readonly Buffer[], form: ChunkedForm): { data: Buffer; decoder: ChunkedDecoder } {
  const decoder = new ChunkedDecoder(form);
  const data = pieces.flatMap((piece) => [...decoder.push(piece)]);
  decoder.finish();
  return { data: Buffer.concat(data), decoder };
}

const seed = (key: KeyObject) => ({
  key,
  signature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  time: '20130524T000000Z',
  scope: '20130524/us-east-1/s3/aws4_request',
});

function exampleKey(): KeyObject {
  let key = bytes('AWS4wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY');
  for (const step of ['20130524', 'us-east-1', 's3', 'aws4_request'])
    key = createHmac('sha256', key).update(step).digest();
  return createSecretKey(key);
}

describe('signed chunks', () => {
  // "Signature calculations for the authorization header: transferring payload in multiple chunks", its example.
  const signatures = [
    'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
    '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
    'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
  ] as const;
  const sizes = [65_536, 1024, 0];
  const body = (altered = ''): Buffer =>
    bytes(
      sizes
        .map((size, i) => `${size.toString(16)};chunk-signature=${signatures[i]}\r\n${'a'.repeat(size)}\r\n`)
        .join('')
        .replace('a'.repeat(10), `${altered}${'a'.repeat(10 - altered.length)}`),
    );

  test('of the example in the documentation verify', () => {
    const chain = new ChunkSignatures(seed(exampleKey()));
    sizes.forEach((size, i) => {
      assert.ok(chain.chunk(hash('sha256', 'a'.repeat(size)), signatures[i] ?? ''), `chunk ${i}`);
    });
    const { data } = decode([body()], { signatures: new ChunkSignatures(seed(exampleKey())) });
    assert.equal(data.length, 66_560);
  });

  test('that were altered, moved or signed otherwise are refused', () => {
    const form = () => ({ signatures: new ChunkSignatures(seed(exampleKey())) });
    const refused = { code: 'SignatureDoesNotMatch' };
    assert.throws(() => decode([body('b')], form()), refused);
    const text = body().toString('latin1');
    const second = text.indexOf('400;');
    const end = text.indexOf('0;chunk-signature=b6c6');
    const moved = text.slice(second, end) + text.slice(0, second) + text.slice(end);
    assert.throws(() => decode([bytes(moved)], form()), refused);
    assert.throws(() => decode([bytes(text.slice(0, second) + text.slice(end))], form()), refused);
    assert.throws(() => decode([bytes(text.slice(0, end))], form()), { code: 'IncompleteBody' });
    const other = () => ({ signatures: new ChunkSignatures(seed(createSecretKey(Buffer.alloc(32)))) });
    assert.throws(() => decode([body()], other()), refused);
    const bare = bytes('5\r\nhello\r\n0\r\n\r\n');
    assert.throws(() => decode([bare], form()), { code: 'InvalidRequest' });
    assert.throws(() => decode([body()], {}), { code: 'InvalidRequest' });
  });

  test('with trailing headers', () => {
    const key = createSecretKey(Buffer.alloc(32, 1));
    const start = seed(key);
    const empty = hash('sha256', '');
    const sign = (text: string) => createHmac('sha256', key).update(text).digest('hex');
    const place = (previous: string) => `${start.time}\n${start.scope}\n${previous}`;
    const chunk = (data: string, previous: string) =>
      sign(`AWS4-HMAC-SHA256-PAYLOAD\n${place(previous)}\n${empty}\n${hash('sha256', data)}`);
    const [one, last] = [chunk('hello', start.signature), chunk('', chunk('hello', start.signature))];
    const end = (value: string) =>
      sign(`AWS4-HMAC-SHA256-TRAILER\n${place(last)}\n${hash('sha256', `${TRAILER}:${value}\n`)}`);
    const text = (value: string, signature: string, between = '\r\n') =>
      `5;chunk-signature=${one}\r\nhello\r\n0;chunk-signature=${last}\r\n` +
      `${TRAILER}:${value}${between}x-amz-trailer-signature:${signature}\r\n\r\n`;
    const form = () => ({ signatures: new ChunkSignatures(start), trailer: TRAILER });
    for (const between of ['\r\n', '\n\r\n']) {
      const { data, decoder } = decode([bytes(text('NhCmhg==', end('NhCmhg=='), between))], form());
      assert.deepEqual([data.toString(), decoder.trailers.get(TRAILER)], ['hello', 'NhCmhg==']);
    }
    const altered = bytes(text('AAAAAA==', end('NhCmhg==')));
    assert.throws(() => decode([altered], form()), { code: 'SignatureDoesNotMatch' });
    const unsigned = bytes(text('NhCmhg==', '').replace('x-amz-trailer-signature:\r\n', ''));
    assert.throws(() => decode([unsigned], form()), { code: 'IncompleteBody' });
  });
});

describe('unsigned chunks', () => {
  const form = { trailer: TRAILER };
  const good = `6\r\nhello\n\r\n0\r\n${TRAILER}:NjowIA==\r\n\r\n`;

  test('as the SDK for JavaScript sends them, however they are cut', () => {
    for (let size = 1; size <= good.length; size++) {
      const pieces = Array.from({ length: Math.ceil(good.length / size) }, (_, i) =>
        bytes(good.slice(i * size, (i + 1) * size)),
      );
      const { data, decoder } = decode(pieces, form);
      assert.deepEqual([data.toString(), decoder.trailers.get(TRAILER)], ['hello\n', 'NjowIA==']);
    }
  });

  test('that are malformed are refused', () => {
    const wrong = [
      '',
      '\r\n',
      'x\r\n',
      '-1\r\nhello',
      '6;chunk-signature=00\r\nhello\n\r\n0\r\n\r\n',
      '5\r\nhello\n\r\n0\r\n\r\n',
      `5\r\nhello\r\n0\r\n\r\n`,
      `5\r\nhello\r\n0\r\n${TRAILER}:a\r\n${TRAILER}:b\r\n\r\n`,
      '5\r\nhello\r\n0\r\nother:a\r\n\r\n',
      `5\r\nhello\r\n0\r\n${TRAILER}:a\r\nx-amz-trailer-signature:b\r\n\r\n`,
      `${good}x`,
      'f'.repeat(20),
      `${'0'.repeat(5000)}\r\n`,
    ];
    for (const text of wrong) {
      assert.throws(() => decode([bytes(text)], form), { name: 'ServiceError' }, JSON.stringify(text));
    }
  });

  test('of noise give data or an error, never more data than came', () => {
    const random = seeded('aws-chunked');
    for (let round = 0; round < rounds(4000); round++) {
      const text = bytes(good);
      for (let edits = 1 + random.below(4); edits > 0; edits--)
        text[random.below(text.length)] = random.below(256);
      const cut = random.below(text.length + 1);
      try {
        const { data } = decode([text.subarray(0, cut), text.subarray(cut)], form);
        assert.ok(data.length <= text.length);
      } catch (error) {
        assert.equal((error as Error).name, 'ServiceError');
      }
    }
  });
});

describe('a payload', () => {
  const head = (headers: Record<string, string>) =>
    new HttpHead('PUT', '/b/k', Object.entries(headers).flat(), '');
  async function* source(...pieces: string[]): AsyncGenerator<Buffer> {
    for (const piece of pieces) yield bytes(piece);
  }
  const chunked = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
  const read = async (headers: Record<string, string>, ...pieces: string[]) => {
    const payload = openPayload(head(headers), source(...pieces), 1000, () => undefined);
    const data: Buffer[] = [];
    for await (const piece of payload) data.push(piece);
    return { text: Buffer.concat(data).toString(), payload };
  };

  test('is whole when it is as long as it said', async () => {
    const headers = { 'x-amz-content-sha256': chunked, 'x-amz-decoded-content-length': '5' };
    const { text, payload } = await read(headers, '5\r\nhel', 'lo\r\n0\r\n\r\n');
    assert.deepEqual([text, payload.verified], ['hello', true]);
    for (const length of ['4', '6']) {
      const other = { ...headers, 'x-amz-decoded-content-length': length };
      await assert.rejects(read(other, '5\r\nhello\r\n0\r\n\r\n'), { code: 'IncompleteBody' });
    }
  });

  test('is declared in one way', () => {
    const refused = (headers: Record<string, string>, code: string) =>
      assert.throws(() => openPayload(head(headers), source(), 1000, () => undefined), { code });
    refused({ 'content-length': '1' }, 'InvalidRequest');
    const signedTwice = new HttpHead('PUT', '/b/k?X-Amz-Algorithm=x', ['authorization', 'x'], '');
    assert.throws(() => declaredHash(signedTwice), { code: 'InvalidRequest' });
    refused({ 'content-length': '1', 'x-amz-content-sha256': 'x' }, 'InvalidArgument');
    refused({ 'content-length': 'x', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }, 'InvalidRequest');
    refused(
      { 'content-length': '1001', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
      'RequestEntityTooLargeException',
    );
    const plain = { 'content-length': '1', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
    refused({ ...plain, 'content-encoding': 'aws-chunked' }, 'InvalidRequest');
    refused({ ...plain, 'x-amz-trailer': TRAILER }, 'InvalidRequest');
    refused({ 'x-amz-content-sha256': chunked }, 'MissingContentLength');
  });
});
