import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operations } from '../../src/core/shapes/kms.ts';
import { requestParameters } from '../../src/kms/request-parameters.ts';

test('request parameters have small first letters, in lists of structures too', () => {
  const show = requestParameters(operations.TagResource.input, ['KeyId', 'Tags']);
  const Tags = [{ TagKey: 'Department', TagValue: 'IT' }];
  assert.deepEqual(show({ KeyId: 'A', Tags }), {
    keyId: 'A',
    tags: [{ tagKey: 'Department', tagValue: 'IT' }],
  });
  const untag = requestParameters(operations.UntagResource.input, ['KeyId', 'TagKeys']);
  assert.deepEqual(untag({ KeyId: 'A', TagKeys: ['Department'] }), { keyId: 'A', tagKeys: ['Department'] });
});

test('an encryption context stays as its user wrote it, and what is not to be shown is left out', () => {
  const show = requestParameters(operations.Encrypt.input, ['KeyId', 'EncryptionContext', 'DryRun']);
  const EncryptionContext = { Tenant: 'A', other: 'B' };
  assert.deepEqual(show({ KeyId: 'A', EncryptionContext, Plaintext: 'secret' }), {
    keyId: 'A',
    encryptionContext: EncryptionContext,
  });
});
