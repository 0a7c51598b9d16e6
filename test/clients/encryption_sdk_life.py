"""The AWS Encryption SDK for Python while its key lives: `python -m unittest encryption_sdk_life`."""

import io
import unittest

import aws_encryption_sdk
import boto3
from aws_encryption_sdk import CommitmentPolicy, StrictAwsKmsMasterKeyProvider
from aws_encryption_sdk.exceptions import DecryptKeyError, GenerateKeyError, NotSupportedError

CONTEXT = {'purpose': 'test'}


class Life(unittest.TestCase):
    def setUp(self):
        self.kms = boto3.client('kms')
        self.sdk = aws_encryption_sdk.EncryptionSDKClient(
            commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT
        )

    def create_key(self):
        return self.kms.create_key()['KeyMetadata']['Arn']

    def encrypt(self, *arns, plaintext=b'attack at dawn'):
        keys = StrictAwsKmsMasterKeyProvider(key_ids=arns)
        return self.sdk.encrypt(source=plaintext, key_provider=keys, encryption_context=CONTEXT)[0]

    def decrypt(self, message, *arns):
        keys = StrictAwsKmsMasterKeyProvider(key_ids=arns)
        return self.sdk.decrypt(source=message, key_provider=keys)

    def test_whole_life(self):
        arn = self.create_key()
        message = self.encrypt(arn)
        plaintext, header = self.decrypt(message, arn)
        self.assertEqual(plaintext, b'attack at dawn')
        self.assertEqual(header.encryption_context['purpose'], 'test')

        self.kms.rotate_key_on_demand(KeyId=arn)
        self.assertEqual(self.decrypt(message, arn)[0], b'attack at dawn')
        self.assertEqual(self.decrypt(self.encrypt(arn), arn)[0], b'attack at dawn')

        self.kms.disable_key(KeyId=arn)
        self.assertRaises(DecryptKeyError, self.decrypt, message, arn)
        self.assertRaises(GenerateKeyError, self.encrypt, arn)
        self.kms.enable_key(KeyId=arn)
        self.assertEqual(self.decrypt(message, arn)[0], b'attack at dawn')

        self.kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
        self.assertRaises(DecryptKeyError, self.decrypt, message, arn)
        self.kms.cancel_key_deletion(KeyId=arn)
        self.kms.enable_key(KeyId=arn)
        self.assertEqual(self.decrypt(message, arn)[0], b'attack at dawn')

    def test_two_keys_and_either_decrypts(self):
        arns = [self.create_key(), self.create_key()]
        message = self.encrypt(*arns)
        for arn in arns:
            self.assertEqual(self.decrypt(message, arn)[0], b'attack at dawn')
        self.assertRaises(DecryptKeyError, self.decrypt, message, self.create_key())

    def test_streams(self):
        arn = self.create_key()
        keys = StrictAwsKmsMasterKeyProvider(key_ids=[arn])
        plaintext = bytes(range(256)) * 4096
        with self.sdk.stream(mode='e', source=io.BytesIO(plaintext), key_provider=keys) as encryptor:
            message = encryptor.read()
        with self.sdk.stream(mode='d', source=io.BytesIO(message), key_provider=keys) as decryptor:
            self.assertEqual(decryptor.read(), plaintext)

    def test_other_context_in_the_header(self):
        arn = self.create_key()
        message = self.encrypt(arn).replace(b'test', b'tost', 1)
        with self.assertRaises((DecryptKeyError, NotSupportedError)):
            self.decrypt(message, arn)


if __name__ == '__main__':
    unittest.main()
