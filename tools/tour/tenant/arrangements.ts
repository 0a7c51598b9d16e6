/** The six ways, each made with calls of the AWS SDK; what AWS does outside its API (HSM users and keys) over TLS. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateKeyCommand, DescribeKeyCommand } from '@aws-sdk/client-kms';
import { CreateBucketCommand, PutObjectCommand, type ServerSideEncryption } from '@aws-sdk/client-s3';
import { keyUsages, wrapMechanisms } from '../../../src/hsm/protocol/values.ts';
import { type Arrangement, BUCKET } from '../arrangement.ts';
import { lockholm } from '../server.ts';
import { hashOf, type TheFile } from '../the-file.ts';
import type { Clients } from './clients.ts';
import { newPassword, type TenantCluster } from './hsm-cluster.ts';
import { importInto, wrapForImport, wrappingKeyFor } from './importing.ts';
import type { Secret } from './tenant.ts';

interface Parts {
  readonly clients: Clients;
  readonly file: TheFile;
}

type Encryption = { readonly ServerSideEncryption: ServerSideEncryption; readonly SSEKMSKeyId?: string };

async function store({ clients, file }: Parts, object: string, encryption: Encryption): Promise<void> {
  const input = { Bucket: BUCKET, Key: object, Body: file.bytes, ...encryption };
  await clients.s3.send(new PutObjectCommand(input));
}

export async function integrated(parts: Parts): Promise<readonly Arrangement[]> {
  const { s3, kms } = parts.clients;
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await store(parts, 'sse-s3', { ServerSideEncryption: 'AES256' });
  await store(parts, 'sse-kms', { ServerSideEncryption: 'aws:kms' });
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: 'alias/aws/s3' }));
  return [
    {
      number: '1',
      name: 'integrated: SSE-S3, a box ticked',
      object: 'sse-s3',
      subject: `sse-s3:${KeyMetadata?.AWSAccountId}`,
    },
    {
      number: '1',
      name: 'integrated: SSE-KMS under aws/s3',
      object: 'sse-kms',
      subject: KeyMetadata?.Arn ?? '',
    },
  ];
}

export async function customerManaged(parts: Parts): Promise<Arrangement> {
  const { KeyMetadata } = await parts.clients.kms.send(
    new CreateKeyCommand({ Description: 'customer managed' }),
  );
  return stored(parts, KeyMetadata?.Arn ?? '', {
    number: '2',
    name: 'customer managed key',
    object: 'customer-managed',
  });
}

async function stored(parts: Parts, arn: string, about: Omit<Arrangement, 'subject'>): Promise<Arrangement> {
  await store(parts, about.object, { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: arn });
  return { ...about, subject: arn };
}

const emptyKey = async ({ clients }: Parts, Description: string): Promise<string> => {
  const { KeyMetadata } = await clients.kms.send(new CreateKeyCommand({ Origin: 'EXTERNAL', Description }));
  return KeyMetadata?.Arn ?? '';
};

export async function imported(
  parts: Parts,
): Promise<{ readonly arrangement: Arrangement; readonly material: Secret }> {
  const arn = await emptyKey(parts, 'brought along');
  const material = randomBytes(32);
  const wrapping = await wrappingKeyFor(parts.clients.kms, arn, 'RSAES_OAEP_SHA_256');
  await importInto(parts.clients.kms, arn, wrapping, wrapForImport(wrapping, material));
  const arrangement = await stored(parts, arn, {
    number: '3',
    name: 'imported key material',
    object: 'imported',
    knownMaterial: hashOf(material),
  });
  return { arrangement, material: { name: 'the key material that was brought along', bytes: material } };
}

/** In the tenant's own store, on a cluster of two HSMs. */
export async function inKeyStore(parts: Parts, storeId: string): Promise<Arrangement> {
  const input = { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: storeId } as const;
  const { KeyMetadata } = await parts.clients.kms.send(new CreateKeyCommand(input));
  return stored(parts, KeyMetadata?.Arn ?? '', {
    number: '4',
    name: 'custom key store, connected',
    object: 'key-store',
  });
}

/** Made in an HSM, wrapped out and imported; the HSM is deleted, its backup stays (docs/hsm-to-kms.md). */
export async function exported(
  parts: Parts,
  cluster: TenantCluster,
  { data, folder }: { readonly data: string; readonly folder: string },
): Promise<Arrangement> {
  const { kms } = parts.clients;
  const arn = await emptyKey(parts, 'made in an HSM');
  const wrapping = await wrappingKeyFor(kms, arn, 'RSA_AES_KEY_WRAP_SHA_256');
  const password = newPassword();
  await cluster.createUser('alice', password);
  const { wrapped, receipt } = await cluster.asUser('alice', password, async (alice) => {
    const made = await alice.call('generateKey', {
      label: 'master',
      usage: keyUsages.indexOf('data'),
      extractable: true,
    });
    const under = await alice.call('importPublicKey', { label: 'kms', publicKey: wrapping.publicKey });
    const out = await alice.call('wrapKey', {
      handle: made.key.handle,
      wrappingHandle: under.key.handle,
      mechanism: wrapMechanisms.indexOf(wrapping.algorithm),
    });
    return { wrapped: Buffer.from(out.wrapped), receipt: Buffer.from(out.receipt) };
  });
  const path = join(folder, 'master.receipt');
  await writeFile(path, receipt, { mode: 0o600 });
  await lockholm('custody', 'receipt', 'add', path, '--data', data);
  await importInto(kms, arn, wrapping, wrapped);
  await cluster.deleteHsms();
  return stored(parts, arn, {
    number: '6',
    name: 'made in an HSM, exported, imported',
    object: 'exported',
  });
}
