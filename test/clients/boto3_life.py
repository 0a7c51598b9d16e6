"""The whole life of a key with boto3: `python -m unittest boto3_life`, with a server's files in the environment."""

import json
import unittest
from datetime import datetime, timedelta, timezone

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

CONTEXT = {'purpose': 'test', 'Ünïcode': '✓'}


class Life(unittest.TestCase):
    def setUp(self):
        self.kms = boto3.client('kms')
        self.metadata = self.kms.create_key(
            Description='first', Tags=[{'TagKey': 'team', 'TagValue': 'a'}]
        )['KeyMetadata']
        self.key = self.metadata['KeyId']
        self.arn = self.metadata['Arn']

    def fails(self, name, call, message=None, **arguments):
        """The call fails with the exception of this name, which boto3 knows from the service's model."""
        with self.assertRaises(getattr(self.kms.exceptions, name, ClientError)) as caught:
            call(**arguments)
        error = caught.exception.response
        self.assertEqual(error['Error']['Code'], name)
        self.assertEqual(error['ResponseMetadata']['HTTPStatusCode'], 400)
        self.assertRegex(error['ResponseMetadata']['RequestId'], '^[0-9a-f-]{36}$')
        if message is not None:
            self.assertEqual(error['Error']['Message'], message)

    def encrypt(self, plaintext=b'attack at dawn', **more):
        return self.kms.encrypt(KeyId=self.key, Plaintext=plaintext, **more)['CiphertextBlob']

    def state(self):
        return self.kms.describe_key(KeyId=self.key)['KeyMetadata']['KeyState']

    def test_create_and_describe(self):
        described = self.kms.describe_key(KeyId=self.arn)['KeyMetadata']
        self.assertEqual(described, self.metadata)
        self.assertEqual(described['KeyState'], 'Enabled')
        self.assertLess(abs(described['CreationDate'] - datetime.now(timezone.utc)), timedelta(minutes=1))
        self.kms.update_key_description(KeyId=self.key, Description='second')
        self.assertEqual(self.kms.describe_key(KeyId=self.key)['KeyMetadata']['Description'], 'second')

    def test_unknown_keys(self):
        missing = self.arn[: -len(self.key)] + '00000000-0000-4000-8000-000000000000'
        message = f"Key '{missing}' does not exist"
        self.fails('NotFoundException', self.kms.describe_key, message, KeyId=missing)
        self.fails('NotFoundException', self.kms.encrypt, message, KeyId=missing[-36:], Plaintext=b'a')
        alias = self.arn.replace(f'key/{self.key}', 'alias/none')
        message = f'Alias {alias} is not found.'
        self.fails('NotFoundException', self.kms.describe_key, message, KeyId='alias/none')

    def test_encryption_context(self):
        ciphertext = self.encrypt(EncryptionContext=CONTEXT)
        answer = self.kms.decrypt(CiphertextBlob=ciphertext, EncryptionContext=CONTEXT)
        self.assertEqual(answer['Plaintext'], b'attack at dawn')
        self.assertEqual(answer['KeyId'], self.arn)
        for wrong in ({}, {'purpose': 'test'}, {**CONTEXT, 'more': 'a'}, {**CONTEXT, 'purpose': 'Test'}):
            self.fails(
                'InvalidCiphertextException',
                self.kms.decrypt,
                CiphertextBlob=ciphertext,
                EncryptionContext=wrong,
            )
        self.fails('InvalidCiphertextException', self.kms.decrypt, CiphertextBlob=b'not a ciphertext')

    def test_data_keys(self):
        made = self.kms.generate_data_key(KeyId=self.key, KeySpec='AES_256', EncryptionContext=CONTEXT)
        opened = self.kms.decrypt(CiphertextBlob=made['CiphertextBlob'], EncryptionContext=CONTEXT)
        self.assertEqual(opened['Plaintext'], made['Plaintext'])
        hidden = self.kms.generate_data_key_without_plaintext(KeyId=self.key, NumberOfBytes=7)
        self.assertNotIn('Plaintext', hidden)
        self.assertEqual(len(self.kms.decrypt(CiphertextBlob=hidden['CiphertextBlob'])['Plaintext']), 7)
        self.fails(
            'ValidationException', self.kms.generate_data_key, KeyId=self.key, KeySpec='AES_256', NumberOfBytes=32
        )
        self.assertEqual(len(self.kms.generate_random(NumberOfBytes=1024)['Plaintext']), 1024)

    def test_re_encrypt(self):
        other = self.kms.create_key()['KeyMetadata']
        moved = self.kms.re_encrypt(
            CiphertextBlob=self.encrypt(),
            DestinationKeyId=other['Arn'],
            DestinationEncryptionContext=CONTEXT,
        )
        self.assertEqual((moved['SourceKeyId'], moved['KeyId']), (self.arn, other['Arn']))
        arguments = {'CiphertextBlob': moved['CiphertextBlob'], 'EncryptionContext': CONTEXT}
        self.assertEqual(self.kms.decrypt(**arguments)['Plaintext'], b'attack at dawn')
        self.fails(
            'IncorrectKeyException',
            self.kms.decrypt,
            'The key ID in the request does not identify a CMK that can perform this operation.',
            KeyId=self.key,
            **arguments,
        )

    def test_dry_run(self):
        message = 'The request would have succeeded, but the DryRun option is set.'
        for call, arguments in (
            (self.kms.encrypt, {'KeyId': self.key, 'Plaintext': b'a'}),
            (self.kms.decrypt, {'CiphertextBlob': self.encrypt()}),
            (self.kms.re_encrypt, {'CiphertextBlob': self.encrypt(), 'DestinationKeyId': self.key}),
            (self.kms.generate_data_key, {'KeyId': self.key, 'KeySpec': 'AES_256'}),
            (self.kms.generate_data_key_without_plaintext, {'KeyId': self.key, 'KeySpec': 'AES_256'}),
            (
                self.kms.decrypt,
                {'KeyId': self.key, 'DryRunModifiers': ['IGNORE_CIPHERTEXT']},
            ),
        ):
            self.fails('DryRunOperationException', call, message, DryRun=True, **arguments)

    def test_aliases(self):
        name = f'alias/boto3/{self.key}'
        self.kms.create_alias(AliasName=name, TargetKeyId=self.key)
        self.fails('AlreadyExistsException', self.kms.create_alias, AliasName=name, TargetKeyId=self.key)
        for reserved in ('alias/aws/mine', 'no-prefix'):
            with self.assertRaises(ClientError):
                self.kms.create_alias(AliasName=reserved, TargetKeyId=self.key)
        self.assertEqual(self.kms.encrypt(KeyId=name, Plaintext=b'a')['KeyId'], self.arn)
        other = self.kms.create_key()['KeyMetadata']
        self.kms.update_alias(AliasName=name, TargetKeyId=other['KeyId'])
        self.assertEqual(self.kms.encrypt(KeyId=name, Plaintext=b'a')['KeyId'], other['Arn'])
        pages = self.kms.get_paginator('list_aliases').paginate(PaginationConfig={'PageSize': 1})
        found = [alias for page in pages for alias in page['Aliases'] if alias['AliasName'] == name]
        self.assertEqual([alias['TargetKeyId'] for alias in found], [other['KeyId']])
        self.kms.delete_alias(AliasName=name)
        self.fails('NotFoundException', self.kms.update_alias, AliasName=name, TargetKeyId=self.key)

    def test_list_keys_in_pages(self):
        created = {self.kms.create_key()['KeyMetadata']['KeyId'] for _ in range(5)}
        pages = list(self.kms.get_paginator('list_keys').paginate(PaginationConfig={'PageSize': 2}))
        keys = [key['KeyId'] for page in pages for key in page['Keys']]
        self.assertEqual(len(keys), len(set(keys)))
        self.assertLessEqual(created, set(keys))
        self.assertTrue(all(page['Truncated'] for page in pages[:-1]))
        self.assertFalse(pages[-1]['Truncated'])
        self.fails('InvalidMarkerException', self.kms.list_keys, Marker='not a marker')

    def test_tags(self):
        self.kms.tag_resource(
            KeyId=self.key,
            Tags=[{'TagKey': 'a', 'TagValue': '1'}, {'TagKey': 'team', 'TagValue': 'b'}],
        )
        self.kms.untag_resource(KeyId=self.key, TagKeys=['a', 'unknown'])
        tags = self.kms.list_resource_tags(KeyId=self.key)['Tags']
        self.assertEqual(tags, [{'TagKey': 'team', 'TagValue': 'b'}])
        twice = [{'TagKey': 'x', 'TagValue': '1'}, {'TagKey': 'x', 'TagValue': '2'}]
        self.fails('TagException', self.kms.tag_resource, 'Duplicate tag keys', KeyId=self.key, Tags=twice)
        many = [{'TagKey': str(number), 'TagValue': ''} for number in range(51)]
        self.fails('TagException', self.kms.create_key, 'Too many tags', Tags=many)

    def test_policy(self):
        policy = json.loads(self.kms.get_key_policy(KeyId=self.key)['Policy'])
        self.assertEqual(policy['Statement'][0]['Principal'], {'AWS': 'arn:aws:iam::000000000000:root'})
        policy['Id'] = 'other'
        self.kms.put_key_policy(KeyId=self.key, PolicyName='default', Policy=json.dumps(policy))
        self.assertEqual(json.loads(self.kms.get_key_policy(KeyId=self.key)['Policy'])['Id'], 'other')
        self.assertEqual(self.kms.list_key_policies(KeyId=self.key)['PolicyNames'], ['default'])
        self.fails(
            'MalformedPolicyDocumentException', self.kms.put_key_policy, KeyId=self.key, Policy='no JSON'
        )

    def test_rotation(self):
        ciphertext = self.encrypt(EncryptionContext=CONTEXT)
        self.assertFalse(self.kms.get_key_rotation_status(KeyId=self.key)['KeyRotationEnabled'])
        self.kms.enable_key_rotation(KeyId=self.key)
        status = self.kms.get_key_rotation_status(KeyId=self.key)
        self.assertEqual(status['RotationPeriodInDays'], 365)
        self.kms.disable_key_rotation(KeyId=self.key)
        for _ in range(2):
            self.assertEqual(self.kms.rotate_key_on_demand(KeyId=self.key)['KeyId'], self.key)
        pages = self.kms.get_paginator('list_key_rotations').paginate(
            KeyId=self.key, IncludeKeyMaterial='ALL_KEY_MATERIAL', PaginationConfig={'PageSize': 2}
        )
        materials = [entry['KeyMaterialId'] for page in pages for entry in page['Rotations']]
        self.assertEqual(len(set(materials)), 3)
        old = self.kms.decrypt(CiphertextBlob=ciphertext, EncryptionContext=CONTEXT)
        new = self.kms.decrypt(CiphertextBlob=self.encrypt())
        self.assertEqual(old['Plaintext'], new['Plaintext'])
        self.assertEqual((old['KeyMaterialId'], new['KeyMaterialId']), (materials[0], materials[2]))

    def test_rotation_limit(self):
        for _ in range(25):
            self.kms.rotate_key_on_demand(KeyId=self.key)
        message = (
            'The on-demand rotations limit has been reached for the given keyId. '
            f'No more on-demand rotations can be performed for this key: {self.arn}'
        )
        self.fails('LimitExceededException', self.kms.rotate_key_on_demand, message, KeyId=self.key)

    def test_last_usage(self):
        self.assertEqual(self.kms.get_key_last_usage(KeyId=self.key).get('KeyLastUsage', {}), {})
        self.kms.generate_data_key(KeyId=self.key, KeySpec='AES_256')
        usage = self.kms.get_key_last_usage(KeyId=self.key)['KeyLastUsage']
        self.assertEqual(usage['Operation'], 'GenerateDataKey')

    def test_disabled(self):
        ciphertext = self.encrypt()
        self.kms.disable_key(KeyId=self.key)
        self.assertEqual(self.state(), 'Disabled')
        message = f'{self.arn} is disabled.'
        self.fails('DisabledException', self.kms.decrypt, message, CiphertextBlob=ciphertext)
        self.fails('DisabledException', self.kms.encrypt, message, KeyId=self.key, Plaintext=b'a')
        self.fails('DisabledException', self.kms.rotate_key_on_demand, message, KeyId=self.key)
        self.kms.enable_key(KeyId=self.key)
        self.assertEqual(self.kms.decrypt(CiphertextBlob=ciphertext)['Plaintext'], b'attack at dawn')

    def test_deletion(self):
        ciphertext = self.encrypt()
        scheduled = self.kms.schedule_key_deletion(KeyId=self.key, PendingWindowInDays=7)
        wait = scheduled['DeletionDate'] - datetime.now(timezone.utc)
        self.assertLess(abs(wait - timedelta(days=7)), timedelta(minutes=1))
        self.assertEqual(scheduled['KeyId'], self.arn)
        message = f'{self.arn} is pending deletion.'
        self.fails('KMSInvalidStateException', self.kms.decrypt, message, CiphertextBlob=ciphertext)
        self.kms.cancel_key_deletion(KeyId=self.key)
        self.assertEqual(self.state(), 'Disabled')
        self.kms.enable_key(KeyId=self.key)
        self.assertEqual(self.kms.decrypt(CiphertextBlob=ciphertext)['Plaintext'], b'attack at dawn')

    def test_unsupported(self):
        for call, arguments in (
            (self.kms.sign, {'KeyId': self.key, 'Message': b'a', 'SigningAlgorithm': 'ECDSA_SHA_256'}),
            (self.kms.create_grant, {'KeyId': self.key, 'GranteePrincipal': 'a', 'Operations': ['Encrypt']}),
            (self.kms.list_grants, {'KeyId': self.key}),
        ):
            with self.assertRaises(ClientError) as caught:
                call(**arguments)
            self.assertEqual(caught.exception.response['Error']['Code'], 'UnsupportedOperationException')


class Credentials(unittest.TestCase):
    def refused(self, code, **settings):
        with self.assertRaises(ClientError) as caught:
            boto3.client('kms', config=Config(retries={'total_max_attempts': 1}), **settings).list_keys()
        self.assertEqual(caught.exception.response['Error']['Code'], code)

    def test_unknown_access_key(self):
        self.refused(
            'UnrecognizedClientException',
            aws_access_key_id='AKIAAAAAAAAAAAAAAAAA',
            aws_secret_access_key='secret',
        )

    def test_wrong_secret(self):
        known = boto3.Session().get_credentials().access_key
        self.refused('InvalidSignatureException', aws_access_key_id=known, aws_secret_access_key='wrong')


if __name__ == '__main__':
    unittest.main()
