"""Key material of one's own with boto3: `python -m unittest import_life`, with a server's files in the environment."""

import os
import unittest
from datetime import datetime, timedelta, timezone

import boto3
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import padding

OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
FOREVER = {'ExpirationModel': 'KEY_MATERIAL_DOES_NOT_EXPIRE'}


def by_oaep(public_key, material):
    return public_key.encrypt(material, OAEP)


def by_aes_key(public_key, material):
    aes_key = os.urandom(32)
    return public_key.encrypt(aes_key, OAEP) + keywrap.aes_key_wrap_with_padding(aes_key, material)


WRAPS = {'RSAES_OAEP_SHA_256': by_oaep, 'RSA_AES_KEY_WRAP_SHA_256': by_aes_key}


class ImportLife(unittest.TestCase):
    def setUp(self):
        self.kms = boto3.client('kms')
        created = self.kms.create_key(Origin='EXTERNAL')['KeyMetadata']
        self.key = created['KeyId']
        self.arn = created['Arn']
        self.assertEqual(created['KeyState'], 'PendingImport')

    def parameters(self, material, algorithm='RSAES_OAEP_SHA_256', spec='RSA_2048'):
        made = self.kms.get_parameters_for_import(
            KeyId=self.key, WrappingAlgorithm=algorithm, WrappingKeySpec=spec
        )
        self.assertEqual(made['KeyId'], self.arn)
        public_key = serialization.load_der_public_key(made['PublicKey'])
        self.assertEqual(public_key.key_size, int(spec[4:]))
        return {
            'KeyId': self.key,
            'ImportToken': made['ImportToken'],
            'EncryptedKeyMaterial': WRAPS[algorithm](public_key, material),
        }

    def described(self):
        return self.kms.describe_key(KeyId=self.key)['KeyMetadata']

    def test_both_wrappings_bring_the_same_material(self):
        material = os.urandom(32)
        ids = set()
        for algorithm in WRAPS:
            for spec in ('RSA_2048', 'RSA_3072', 'RSA_4096'):
                given = self.parameters(material, algorithm, spec)
                ids.add(self.kms.import_key_material(**given, **FOREVER)['KeyMaterialId'])
        self.assertEqual(ids, {self.described()['CurrentKeyMaterialId']})

    def test_deletion_and_return(self):
        material = os.urandom(32)
        self.kms.import_key_material(**self.parameters(material), **FOREVER)
        blob = self.kms.encrypt(KeyId=self.key, Plaintext=b'x')['CiphertextBlob']
        self.kms.delete_imported_key_material(KeyId=self.key)
        with self.assertRaises(self.kms.exceptions.KMSInvalidStateException):
            self.kms.decrypt(CiphertextBlob=blob)
        with self.assertRaises(self.kms.exceptions.IncorrectKeyMaterialException):
            self.kms.import_key_material(**self.parameters(os.urandom(32)), **FOREVER)
        self.kms.import_key_material(**self.parameters(material), **FOREVER)
        self.assertEqual(self.kms.decrypt(CiphertextBlob=blob)['Plaintext'], b'x')

    def test_expiration(self):
        until = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=7)
        self.kms.import_key_material(**self.parameters(os.urandom(32)), ValidTo=until)
        self.assertEqual(self.described()['ExpirationModel'], 'KEY_MATERIAL_EXPIRES')
        self.assertEqual(self.described()['ValidTo'], until)

    def test_new_material_and_rotation(self):
        first = self.kms.import_key_material(**self.parameters(os.urandom(32)), **FOREVER)
        blob = self.kms.encrypt(KeyId=self.key, Plaintext=b'x')['CiphertextBlob']
        second = self.kms.import_key_material(
            **self.parameters(os.urandom(32)), **FOREVER, ImportType='NEW_KEY_MATERIAL'
        )
        self.assertEqual(self.described()['CurrentKeyMaterialId'], first['KeyMaterialId'])
        self.kms.rotate_key_on_demand(KeyId=self.key)
        self.assertEqual(self.described()['CurrentKeyMaterialId'], second['KeyMaterialId'])
        self.assertEqual(self.kms.decrypt(CiphertextBlob=blob)['Plaintext'], b'x')


if __name__ == '__main__':
    unittest.main()
