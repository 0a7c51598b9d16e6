/** The worked cases of docs/custody.md again, out of a running system: those whose parts exist. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  CreateKeyCommand,
  DeleteImportedKeyMaterialCommand,
  GetParametersForImportCommand,
  ImportKeyMaterialCommand,
} from '@aws-sdk/client-kms';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { oaep } from '../support/wrapping.ts';
import { custodians, type RunningServer, startRunning } from './running.ts';

let server: RunningServer;
before(async () => {
  server = await startRunning();
});
after(() => server.stop());

const actors = ['staff', 'service-account', 'operator-as-one', 'thief-of-disk', 'thief-of-backup'];
const approved = `2 of ${custodians.length}`;
const case2 = [`O. / ${approved}`, 'alone / alone', 'alone / alone', 'alone / alone', 'K / K'];
const case3 = [`O or not known / ${approved}`, ...case2.slice(1)];
const everywhere = (cell: string) => actors.map(() => `${cell} / ${cell}`);

let backups = 0;
/** Resolves with its id. */
async function backup(): Promise<string> {
  const path = join(server.folder, `backup-${++backups}`);
  const { stdout, stderr } = await server.command('backup', 'create', path, '--json');
  const { BackupId } = JSON.parse(stdout || '{}');
  assert.ok(BackupId, stderr);
  return BackupId;
}
const drop = async (id: string) => {
  const { code, stderr } = await server.command('backup', 'delete', id, '--yes');
  assert.equal(code, 0, stderr);
};

async function imported(): Promise<string> {
  const { KeyMetadata } = await server.kms.send(new CreateKeyCommand({ Origin: 'EXTERNAL' }));
  const KeyId = KeyMetadata?.Arn ?? '';
  const parameters = await server.kms.send(
    new GetParametersForImportCommand({
      KeyId,
      WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
      WrappingKeySpec: 'RSA_2048',
    }),
  );
  const { PublicKey = new Uint8Array(), ImportToken } = parameters;
  const EncryptedKeyMaterial = oaep()(PublicKey, randomBytes(32));
  const ExpirationModel = 'KEY_MATERIAL_DOES_NOT_EXPIRE';
  await server.kms.send(
    new ImportKeyMaterialCommand({ KeyId, ImportToken, EncryptedKeyMaterial, ExpirationModel }),
  );
  return KeyId;
}

test('case 2: a customer managed key', async () => {
  const { KeyMetadata } = await server.kms.send(new CreateKeyCommand({}));
  const id = await backup();
  assert.deepEqual(await server.cells(KeyMetadata?.KeyId ?? '', actors), case2);
  await drop(id);
  // Without a backup its thief has nothing.
  const [last] = (await server.cells(KeyMetadata?.KeyId ?? '', actors)).slice(-1);
  assert.match(last ?? '', /^O\. \//);
});

test('case 1: an object under SSE-S3, one under SSE-KMS, and the bucket of both', async () => {
  const s3 = new S3Client({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: server.kms.config.credentials,
    forcePathStyle: true,
  });
  await s3.send(new CreateBucketCommand({ Bucket: 'cases' }));
  await s3.send(new PutObjectCommand({ Bucket: 'cases', Key: 'a/b', Body: 'x' }));
  await s3.send(
    new PutObjectCommand({ Bucket: 'cases', Key: 'c', Body: 'x', ServerSideEncryption: 'aws:kms' }),
  );
  s3.destroy();
  const id = await backup();
  for (const subject of ['s3://cases/a/b', 's3://cases/c', 's3://cases', 'cases', 'alias/aws/s3'])
    assert.deepEqual(await server.cells(subject, actors), case2, subject);
  const [bucket] = (await server.report('cases')).subjects;
  assert.deepEqual(
    bucket?.lineage.map(({ objects }) => objects),
    [1, 1],
  );
  await drop(id);
});

test('cases 3 and 3d: imported material, and after its deletion', async () => {
  const KeyId = await imported();
  const id = await backup();
  assert.deepEqual(await server.cells(KeyId, actors), case3);
  await server.kms.send(new DeleteImportedKeyMaterialCommand({ KeyId }));
  const [found] = (await server.report(KeyId)).subjects;
  assert.deepEqual(found?.lineage[0]?.inBackups, [id]);
  assert.equal(found?.lineage[0]?.outlivedByBackup, true);
  await drop(id);
  assert.deepEqual(await server.cells(KeyId, actors), everywhere('not known'));
});

test('an empty key has nothing to judge, and is named', async () => {
  const { KeyMetadata } = await server.kms.send(new CreateKeyCommand({ Origin: 'EXTERNAL' }));
  const { omitted } = await server.report();
  assert.deepEqual(
    omitted.map(({ name, empty }) => [name, empty]),
    [[KeyMetadata?.Arn, true]],
  );
});
