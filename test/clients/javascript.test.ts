/** The whole life of a key with the AWS SDK for JavaScript, in order. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  AlreadyExistsException,
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisabledException,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  DryRunOperationException,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateRandomCommand,
  GetKeyLastUsageCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  IncorrectKeyException,
  InvalidCiphertextException,
  type KMSClient,
  KMSInvalidStateException,
  ListKeyPoliciesCommand,
  ListResourceTagsCommand,
  MalformedPolicyDocumentException,
  NotFoundException,
  PutKeyPolicyCommand,
  paginateListAliases,
  paginateListKeyRotations,
  paginateListResourceTags,
  ReEncryptCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  TagException,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
} from '@aws-sdk/client-kms';
import { startServer, type TestServer } from '../support/server.ts';
import { kmsClient } from './environment.ts';
import { collect, fails, failsNamed } from './sdk.ts';

let server: TestServer;
let kms: KMSClient;
before(async () => {
  server = await startServer();
  kms = kmsClient(server);
});
after(async () => {
  kms.destroy();
  await server.stop();
});

describe('a key', () => {
  const plaintext = Buffer.from('attack at dawn');
  const context = { purpose: 'test', Ünïcode: '✓' };
  let KeyId = '';
  let arn = '';
  let firstCiphertext: Uint8Array;
  let firstMaterial: string | undefined;

  test('is created with description, policy and tags', async () => {
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'everything',
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::000000000000:root' },
          Action: 'kms:*',
          Resource: '*',
        },
      ],
    });
    const { KeyMetadata } = await kms.send(
      new CreateKeyCommand({ Description: 'first', Policy, Tags: [{ TagKey: 'team', TagValue: 'a' }] }),
    );
    KeyId = KeyMetadata?.KeyId ?? '';
    arn = KeyMetadata?.Arn ?? '';
    assert.equal(KeyMetadata?.KeyState, 'Enabled');
    assert.ok(Math.abs(Number(KeyMetadata?.CreationDate) - Date.now()) < 60_000);
    assert.equal((await kms.send(new GetKeyPolicyCommand({ KeyId }))).Policy, Policy);
    assert.deepEqual((await kms.send(new ListResourceTagsCommand({ KeyId }))).Tags, [
      { TagKey: 'team', TagValue: 'a' },
    ]);
  });

  test('is described, by its ARN too, and gets another description', async () => {
    await kms.send(new UpdateKeyDescriptionCommand({ KeyId, Description: 'second' }));
    for (const id of [KeyId, arn]) {
      const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: id }));
      assert.equal(KeyMetadata?.Description, 'second');
      assert.equal(KeyMetadata?.Arn, arn);
    }
    await fails(
      kms.send(new DescribeKeyCommand({ KeyId: 'nonsense' })),
      NotFoundException,
      "Invalid keyId 'nonsense'",
    );
  });

  test('is found by aliases, which move', async () => {
    const AliasName = 'alias/first';
    const { KeyMetadata: other } = await kms.send(new CreateKeyCommand({}));
    await kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: KeyId }));
    await fails(kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: KeyId })), AlreadyExistsException);
    const target = async () =>
      (await kms.send(new DescribeKeyCommand({ KeyId: AliasName }))).KeyMetadata?.KeyId;
    assert.equal(await target(), KeyId);
    await kms.send(new UpdateAliasCommand({ AliasName, TargetKeyId: other?.KeyId }));
    assert.equal(await target(), other?.KeyId);
    await kms.send(new DeleteAliasCommand({ AliasName }));
    await fails(kms.send(new DeleteAliasCommand({ AliasName })), NotFoundException);
    await fails(kms.send(new DescribeKeyCommand({ KeyId: AliasName })), NotFoundException);
    for (const name of ['alias/a', 'alias/b', 'alias/c']) {
      await kms.send(new CreateAliasCommand({ AliasName: name, TargetKeyId: KeyId }));
    }
    const listed = await collect(
      paginateListAliases({ client: kms, pageSize: 2 }, { KeyId }),
      (page) => page.Aliases,
    );
    assert.deepEqual(listed.all.map(({ AliasName: name }) => name).sort(), ['alias/a', 'alias/b', 'alias/c']);
    assert.equal(listed.count, 2);
  });

  test('encrypts and decrypts, bound to the encryption context', async () => {
    const encrypted = await kms.send(
      new EncryptCommand({ KeyId: 'alias/a', Plaintext: plaintext, EncryptionContext: context }),
    );
    firstCiphertext = encrypted.CiphertextBlob ?? new Uint8Array();
    assert.equal(encrypted.KeyId, arn);
    const decrypted = await kms.send(
      new DecryptCommand({ CiphertextBlob: firstCiphertext, EncryptionContext: context }),
    );
    firstMaterial = decrypted.KeyMaterialId;
    assert.deepEqual(Buffer.from(decrypted.Plaintext ?? []), plaintext);
    for (const EncryptionContext of [undefined, {}, { ...context, more: '' }, { purpose: 'test' }]) {
      await fails(
        kms.send(
          new DecryptCommand({
            CiphertextBlob: firstCiphertext,
            ...(EncryptionContext && { EncryptionContext }),
          }),
        ),
        InvalidCiphertextException,
      );
    }
    const altered = Buffer.from(firstCiphertext);
    altered.writeUInt8(altered.readUInt8(altered.length - 1) ^ 1, altered.length - 1);
    await fails(
      kms.send(new DecryptCommand({ CiphertextBlob: altered, EncryptionContext: context })),
      InvalidCiphertextException,
    );
  });

  test('refuses what is too long or empty, with the words of AWS', async () => {
    await failsNamed(
      kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(4097) })),
      'ValidationException',
      /^1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096$/,
    );
    await failsNamed(
      kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(0) })),
      'ValidationException',
    );
    await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(4096) }));
  });

  test('makes data keys and random bytes', async () => {
    const made = await kms.send(
      new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_128', EncryptionContext: context }),
    );
    assert.equal(made.Plaintext?.length, 16);
    const opened = await kms.send(
      new DecryptCommand({ CiphertextBlob: made.CiphertextBlob, EncryptionContext: context, KeyId }),
    );
    assert.deepEqual(opened.Plaintext, made.Plaintext);
    const hidden = await kms.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, NumberOfBytes: 64 }));
    const shown = await kms.send(new DecryptCommand({ CiphertextBlob: hidden.CiphertextBlob }));
    assert.equal(shown.Plaintext?.length, 64);
    await failsNamed(kms.send(new GenerateDataKeyCommand({ KeyId })), 'ValidationException');
    const random = [
      await kms.send(new GenerateRandomCommand({ NumberOfBytes: 32 })),
      await kms.send(new GenerateRandomCommand({ NumberOfBytes: 32 })),
    ].map((reply) => Buffer.from(reply.Plaintext ?? []).toString('hex'));
    assert.equal(new Set(random).size, 2);
  });

  test('hands ciphertexts over to another key', async () => {
    const { KeyMetadata: other } = await kms.send(new CreateKeyCommand({}));
    const moved = await kms.send(
      new ReEncryptCommand({
        CiphertextBlob: firstCiphertext,
        SourceEncryptionContext: context,
        DestinationKeyId: other?.KeyId,
        DestinationEncryptionContext: { now: 'other' },
      }),
    );
    assert.equal(moved.SourceKeyId, arn);
    assert.equal(moved.KeyId, other?.Arn);
    const input = { CiphertextBlob: moved.CiphertextBlob, EncryptionContext: { now: 'other' } };
    const opened = await kms.send(new DecryptCommand(input));
    assert.deepEqual(Buffer.from(opened.Plaintext ?? []), plaintext);
    await fails(kms.send(new DecryptCommand({ ...input, KeyId })), IncorrectKeyException);
  });

  test('tries without doing', async () => {
    await fails(
      kms.send(new EncryptCommand({ KeyId, Plaintext: plaintext, DryRun: true })),
      DryRunOperationException,
      'The request would have succeeded, but the DryRun option is set.',
    );
    await fails(
      kms.send(new DecryptCommand({ CiphertextBlob: firstCiphertext, DryRun: true })),
      InvalidCiphertextException,
    );
  });

  test('is tagged', async () => {
    const Tags = ['a', 'b', 'c', 'd'].map((TagKey) => ({ TagKey, TagValue: `value of ${TagKey}` }));
    await kms.send(new TagResourceCommand({ KeyId, Tags }));
    await kms.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'a', TagValue: 'new' }] }));
    await kms.send(new UntagResourceCommand({ KeyId, TagKeys: ['b', 'unknown'] }));
    const { all, count } = await collect(
      paginateListResourceTags({ client: kms, pageSize: 3 }, { KeyId }),
      (page) => page.Tags,
    );
    assert.equal(count, 2);
    assert.deepEqual(
      new Map(all.map(({ TagKey, TagValue }) => [TagKey, TagValue])),
      new Map([
        ['team', 'a'],
        ['a', 'new'],
        ['c', 'value of c'],
        ['d', 'value of d'],
      ]),
    );
    await fails(
      kms.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'aws:a', TagValue: 'b' }] })),
      TagException,
      'Tags beginning with aws: are reserved',
    );
  });

  test('has one policy, which is replaced', async () => {
    const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }));
    const changed = JSON.stringify({ ...JSON.parse(Policy), Id: 'changed' });
    await kms.send(new PutKeyPolicyCommand({ KeyId, Policy: changed }));
    assert.equal((await kms.send(new GetKeyPolicyCommand({ KeyId }))).Policy, changed);
    assert.deepEqual((await kms.send(new ListKeyPoliciesCommand({ KeyId }))).PolicyNames, ['default']);
    await fails(kms.send(new PutKeyPolicyCommand({ KeyId, Policy: '{' })), MalformedPolicyDocumentException);
    await fails(kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'other' })), NotFoundException);
  });

  test('rotates: new material encrypts, old ciphertexts decrypt', async () => {
    await kms.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 180 }));
    const status = await kms.send(new GetKeyRotationStatusCommand({ KeyId }));
    assert.equal(status.KeyRotationEnabled, true);
    assert.equal(status.RotationPeriodInDays, 180);
    const days = (Number(status.NextRotationDate) - Date.now()) / 86_400_000;
    assert.ok(days > 179 && days < 181, String(days));
    await kms.send(new DisableKeyRotationCommand({ KeyId }));
    assert.equal((await kms.send(new GetKeyRotationStatusCommand({ KeyId }))).KeyRotationEnabled, false);

    for (let rotation = 0; rotation < 3; rotation += 1)
      await kms.send(new RotateKeyOnDemandCommand({ KeyId }));
    const rotations = await collect(
      paginateListKeyRotations({ client: kms, pageSize: 2 }, { KeyId }),
      (page) => page.Rotations,
    );
    assert.deepEqual(
      rotations.all.map(({ RotationType, KeyMaterialState }) => [RotationType, KeyMaterialState]),
      [
        ['ON_DEMAND', 'NON_CURRENT'],
        ['ON_DEMAND', 'NON_CURRENT'],
        ['ON_DEMAND', 'CURRENT'],
      ],
    );
    const old = await kms.send(
      new DecryptCommand({ CiphertextBlob: firstCiphertext, EncryptionContext: context }),
    );
    assert.deepEqual(Buffer.from(old.Plaintext ?? []), plaintext);
    assert.equal(old.KeyMaterialId, firstMaterial);
    const fresh = await kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }));
    assert.equal(fresh.KeyMaterialId, rotations.all[2]?.KeyMaterialId);
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
    assert.equal(KeyMetadata?.CurrentKeyMaterialId, fresh.KeyMaterialId);
  });

  test('says when it was used last', async () => {
    const used = await kms.send(new EncryptCommand({ KeyId, Plaintext: plaintext }));
    const { KeyLastUsage } = await kms.send(new GetKeyLastUsageCommand({ KeyId }));
    assert.equal(KeyLastUsage?.Operation, 'Encrypt');
    assert.equal(KeyLastUsage?.KmsRequestId, used.$metadata.requestId);
    assert.ok(Math.abs(Number(KeyLastUsage?.Timestamp) - Date.now()) < 60_000);
  });

  test('refuses to be used while it is disabled', async () => {
    await kms.send(new DisableKeyCommand({ KeyId }));
    const message = `${arn} is disabled.`;
    await fails(kms.send(new EncryptCommand({ KeyId, Plaintext: plaintext })), DisabledException, message);
    await fails(
      kms.send(new DecryptCommand({ CiphertextBlob: firstCiphertext, EncryptionContext: context })),
      DisabledException,
      message,
    );
    await fails(kms.send(new EnableKeyRotationCommand({ KeyId })), DisabledException);
    await kms.send(new EnableKeyCommand({ KeyId }));
    await kms.send(new EncryptCommand({ KeyId, Plaintext: plaintext }));
  });

  test('waits to be deleted, and is saved', async () => {
    await failsNamed(
      kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 6 })),
      'ValidationException',
    );
    const scheduled = await kms.send(new ScheduleKeyDeletionCommand({ KeyId }));
    assert.equal(scheduled.KeyState, 'PendingDeletion');
    assert.equal(scheduled.PendingWindowInDays, 30);
    const message = `${arn} is pending deletion.`;
    await fails(
      kms.send(new EncryptCommand({ KeyId, Plaintext: plaintext })),
      KMSInvalidStateException,
      message,
    );
    await fails(kms.send(new ScheduleKeyDeletionCommand({ KeyId })), KMSInvalidStateException, message);
    await fails(kms.send(new EnableKeyCommand({ KeyId })), KMSInvalidStateException, message);
    assert.equal((await kms.send(new CancelKeyDeletionCommand({ KeyId }))).KeyId, arn);
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
    assert.equal(KeyMetadata?.KeyState, 'Disabled');
    await fails(kms.send(new CancelKeyDeletionCommand({ KeyId })), KMSInvalidStateException);
    await kms.send(new EnableKeyCommand({ KeyId }));
    const opened = await kms.send(
      new DecryptCommand({ CiphertextBlob: firstCiphertext, EncryptionContext: context }),
    );
    assert.deepEqual(Buffer.from(opened.Plaintext ?? []), plaintext);
  });
});
