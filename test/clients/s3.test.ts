/** The S3 endpoint with stock clients: boto3, the `aws` command, the AWS SDK for JavaScript. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createReadStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetBucketEncryptionCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketEncryptionCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { startServer, type TestServer } from '../support/server.ts';
import { aws, clientEnvironment, readCredentials } from './environment.ts';
import { runPythonSuite } from './python-suite.ts';

let server: TestServer;
let folder: string;
before(async () => {
  server = await startServer();
  folder = mkdtempSync(join(tmpdir(), 'lockholm-s3-'));
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('boto3 works with buckets and objects', () => runPythonSuite('boto3_s3', server, 9));

describe('the aws command', () => {
  const run = (args: readonly string[]) =>
    new Promise<{ code: unknown; output: string; errors: string }>((resolve) => {
      const options = { env: { ...clientEnvironment(server), AWS_DEFAULT_OUTPUT: 'json' }, cwd: folder };
      execFile(aws, args, options, (error, output, errors) =>
        resolve({ code: error?.code ?? 0, output, errors }),
      );
    });
  const works = async (...args: readonly string[]): Promise<string> => {
    const { code, output, errors } = await run(args);
    assert.equal(code, 0, `${args.join(' ')}: ${errors}`);
    return output;
  };

  test('copies, lists and removes files', async () => {
    mkdirSync(join(folder, 'in', 'deep'), { recursive: true });
    const files = { 'in/a.txt': 'a', 'in/deep/b.bin': 'b'.repeat(3_000_000), 'in/leer': '' };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    await works('s3', 'mb', 's3://aws-command');
    await works('s3', 'cp', 'in', 's3://aws-command/in', '--recursive');
    assert.match(await works('s3', 'ls', 's3://aws-command/in/'), /PRE deep\/.* 1 a\.txt.* 0 leer/s);
    await works('s3', 'sync', 's3://aws-command/in', 'out');
    for (const name of Object.keys(files)) {
      const copy = readFileSync(join(folder, name.replace('in/', 'out/')));
      assert.ok(copy.equals(readFileSync(join(folder, name))), name);
    }
    assert.equal(await works('s3', 'sync', 'in', 's3://aws-command/in'), '');
    assert.equal(await works('s3', 'cp', 's3://aws-command/in/a.txt', '-'), 'a');
    await works('s3', 'rm', 's3://aws-command', '--recursive');
    await works('s3', 'rb', 's3://aws-command');
  });

  test('encrypts under KMS keys', async () => {
    await works('s3', 'mb', 's3://aws-kms');
    writeFileSync(join(folder, 'file'), 'under a key');
    const key = JSON.parse(await works('kms', 'create-key')).KeyMetadata.Arn;
    await works('s3', 'cp', 'file', 's3://aws-kms/a', '--sse', 'aws:kms', '--sse-kms-key-id', key);
    assert.equal(await works('s3', 'cp', 's3://aws-kms/a', '-'), 'under a key');
    const head = JSON.parse(await works('s3api', 'head-object', '--bucket', 'aws-kms', '--key', 'a'));
    assert.deepEqual([head.ServerSideEncryption, head.SSEKMSKeyId], ['aws:kms', key]);
    await works('kms', 'disable-key', '--key-id', key);
    const { errors } = await run(['s3api', 'get-object', '--bucket', 'aws-kms', '--key', 'a', 'out']);
    assert.match(errors, /\(KMS\.DisabledException\)/);
    const acl = await run(['s3api', 'get-bucket-acl', '--bucket', 'aws-kms']);
    assert.match(acl.errors, /\(NotImplemented\)/);
  });
});

describe('the AWS SDK for JavaScript', () => {
  let s3: S3Client;
  before(async () => {
    const credentials = readCredentials(server.credentialsFile);
    s3 = new S3Client({ endpoint: server.endpoint, region: 'us-east-1', credentials });
    await s3.send(new CreateBucketCommand({ Bucket: 'javascript' }));
  });
  after(() => s3.destroy());
  const object = (Key: string) => ({ Bucket: 'javascript', Key });

  test('puts texts, bytes and streams, and gets them', async () => {
    const large = Buffer.alloc(2_500_000, 'stream');
    writeFileSync(join(folder, 'large'), large);
    const bodies = {
      text: 'text ü',
      bytes: Buffer.from([0, 255, 1]),
      stream: Readable.from([Buffer.from('a '), Buffer.from('stream')]),
      file: createReadStream(join(folder, 'large')),
    };
    const lengths: Record<string, number> = { stream: 8, file: large.length };
    for (const [Key, Body] of Object.entries(bodies)) {
      const length = lengths[Key];
      const more = length === undefined ? {} : { ContentLength: length };
      await s3.send(new PutObjectCommand({ ...object(Key), Body, ...more, Metadata: { kind: Key } }));
    }
    const read = async (Key: string) => {
      const { Body, Metadata } = await s3.send(new GetObjectCommand(object(Key)));
      assert.equal(Metadata?.kind, Key);
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    };
    assert.equal((await read('text')).toString(), 'text ü');
    assert.deepEqual(await read('bytes'), bodies.bytes);
    assert.equal((await read('stream')).toString(), 'a stream');
    assert.ok((await read('file')).equals(large));
    const part = await s3.send(new GetObjectCommand({ ...object('file'), Range: 'bytes=1000000-1000005' }));
    assert.equal(await part.Body?.transformToString(), large.toString('latin1', 1_000_000, 1_000_006));
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: 'javascript' }));
    assert.deepEqual(
      Contents?.map(({ Key, Size }) => [Key, Size]),
      [
        ['bytes', 3],
        ['file', 2_500_000],
        ['stream', 8],
        ['text', 7],
      ],
    );
  });

  test('encrypts with a context, and by a bucket’s default', async () => {
    const context = Buffer.from(JSON.stringify({ purpose: 'test' })).toString('base64');
    const kms = { ServerSideEncryption: 'aws:kms', SSEKMSEncryptionContext: context } as const;
    const put = await s3.send(new PutObjectCommand({ ...object('context'), Body: 'x', ...kms }));
    assert.match(put.SSEKMSKeyId ?? '', /^arn:aws:kms:us-east-1:000000000000:key\//);
    const got = await s3.send(new GetObjectCommand(object('context')));
    assert.equal(await got.Body?.transformToString(), 'x');
    const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }] as const;
    const configuration = { ServerSideEncryptionConfiguration: { Rules: [...Rules] } };
    await s3.send(new PutBucketEncryptionCommand({ Bucket: 'javascript', ...configuration }));
    const found = await s3.send(new GetBucketEncryptionCommand({ Bucket: 'javascript' }));
    const [rule] = found.ServerSideEncryptionConfiguration?.Rules ?? [];
    assert.equal(rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm, 'aws:kms');
    const defaulted = await s3.send(new PutObjectCommand({ ...object('default'), Body: 'x' }));
    assert.equal(defaulted.ServerSideEncryption, 'aws:kms');
  });

  test('knows the errors', async () => {
    const fails = (call: Promise<unknown>, name: string, status: number) =>
      assert.rejects(call, (error: unknown) => {
        assert.ok(error instanceof S3ServiceException, String(error));
        assert.deepEqual([error.name, error.$metadata.httpStatusCode], [name, status]);
        assert.match(error.$metadata.requestId ?? '', /^[0-9a-f-]{36}$/);
        return true;
      });
    await fails(s3.send(new GetObjectCommand(object('none'))), 'NoSuchKey', 404);
    await fails(s3.send(new HeadObjectCommand(object('none'))), 'NotFound', 404);
    const nowhere = { Bucket: 'nowhere', Key: 'x' };
    await fails(s3.send(new DeleteObjectCommand(nowhere)), 'NoSuchBucket', 404);
    const tagged = new PutObjectCommand({ ...object('x'), Body: 'x', Tagging: 'a=b' });
    await fails(s3.send(tagged), 'NotImplemented', 501);
  });
});
