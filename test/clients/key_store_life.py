"""A custom key store with boto3, on the cluster that $HOME/key-store.json describes: `python -m unittest key_store_life`."""

import json
import os
import time
import unittest

import boto3
from botocore.exceptions import ClientError

with open(os.path.join(os.environ['HOME'], 'key-store.json'), encoding='utf-8') as file:
    GIVEN = json.load(file)
REQUEST = {
    'CustomKeyStoreName': 'payroll',
    'CloudHsmClusterId': GIVEN['clusterId'],
    'TrustAnchorCertificate': GIVEN['trustAnchor'],
    'KeyStorePassword': GIVEN['password'],
}


class KeyStore(unittest.TestCase):
    kms = boto3.client('kms')

    def fails(self, name, call, **arguments):
        with self.assertRaises(getattr(self.kms.exceptions, name, ClientError)) as caught:
            call(**arguments)
        error = caught.exception.response
        self.assertEqual(error['Error']['Code'], name)
        self.assertEqual(error['ResponseMetadata']['HTTPStatusCode'], 400)

    def reaches(self, store, state):
        for _ in range(200):
            (shown,) = self.kms.describe_custom_key_stores(CustomKeyStoreId=store)['CustomKeyStores']
            if shown['ConnectionState'] == state:
                return shown
            time.sleep(0.1)
        self.fail(shown)

    def test_1_what_is_refused(self):
        kms = self.kms
        self.fails('IncorrectTrustAnchorException', kms.create_custom_key_store, **{**REQUEST, 'TrustAnchorCertificate': 'x'})
        self.fails(
            'CloudHsmClusterNotFoundException',
            kms.create_custom_key_store,
            **{**REQUEST, 'CloudHsmClusterId': 'cluster-aaaaaaaaaaa'},
        )
        self.fails('CustomKeyStoreNotFoundException', kms.connect_custom_key_store, CustomKeyStoreId='cks-0')

    def test_2_life(self):
        kms = self.kms
        store = kms.create_custom_key_store(**REQUEST)['CustomKeyStoreId']
        self.assertEqual(kms.create_custom_key_store(**REQUEST)['CustomKeyStoreId'], store)
        self.fails('CloudHsmClusterInUseException', kms.create_custom_key_store, **{**REQUEST, 'CustomKeyStoreName': 'b'})
        wanted = {'Origin': 'AWS_CLOUDHSM', 'CustomKeyStoreId': store}
        self.fails('CustomKeyStoreInvalidStateException', kms.create_key, **wanted)

        kms.connect_custom_key_store(CustomKeyStoreId=store)
        self.reaches(store, 'CONNECTED')
        metadata = kms.create_key(**wanted)['KeyMetadata']
        self.assertEqual(metadata['CloudHsmClusterId'], GIVEN['clusterId'])
        self.assertEqual(metadata['CustomKeyStoreId'], store)
        key = metadata['KeyId']
        context = {'purpose': 'Übung'}
        sealed = kms.encrypt(KeyId=key, Plaintext=b'attack at dawn', EncryptionContext=context)['CiphertextBlob']
        opened = kms.decrypt(CiphertextBlob=sealed, EncryptionContext=context)
        self.assertEqual(opened['Plaintext'], b'attack at dawn')
        self.fails('InvalidCiphertextException', kms.decrypt, CiphertextBlob=sealed)
        data_key = kms.generate_data_key(KeyId=key, KeySpec='AES_256')
        self.assertEqual(kms.decrypt(CiphertextBlob=data_key['CiphertextBlob'])['Plaintext'], data_key['Plaintext'])
        self.assertEqual(len(kms.generate_random(NumberOfBytes=9, CustomKeyStoreId=store)['Plaintext']), 9)
        self.fails('UnsupportedOperationException', kms.enable_key_rotation, KeyId=key)
        self.fails('CustomKeyStoreInvalidStateException', kms.delete_custom_key_store, CustomKeyStoreId=store)

        kms.disconnect_custom_key_store(CustomKeyStoreId=store)
        self.fails('KMSInvalidStateException', kms.decrypt, CiphertextBlob=sealed, EncryptionContext=context)
        self.reaches(store, 'DISCONNECTED')
        self.assertEqual(kms.describe_key(KeyId=key)['KeyMetadata']['KeyState'], 'Unavailable')
        self.fails('CustomKeyStoreHasCMKsException', kms.delete_custom_key_store, CustomKeyStoreId=store)

        kms.connect_custom_key_store(CustomKeyStoreId=store)
        failed = self.reaches(store, 'FAILED')
        self.assertEqual(failed['ConnectionErrorCode'], 'INVALID_CREDENTIALS')
        kms.disconnect_custom_key_store(CustomKeyStoreId=store)
        self.reaches(store, 'DISCONNECTED')
