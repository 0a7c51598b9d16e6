"""Encrypts a file of any size with the AWS Encryption SDK; every version of that SDK reads the files.

    python encrypt_file.py encrypt alias/files report.pdf report.pdf.enc purpose=archive
    python encrypt_file.py decrypt alias/files report.pdf.enc report.pdf purpose=archive

The last arguments are the encryption context: not secret, stored in the file, compared when it is decrypted.
"""

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager

import boto3
from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient, StrictAwsKmsMasterKeyProvider
from aws_encryption_sdk.exceptions import AWSEncryptionSDKClientError
from botocore.exceptions import BotoCoreError, ClientError
from cryptography.exceptions import InvalidTag

FRAME = 64 * 1024


class Refused(Exception):
    """The file is not what it should be."""


def encrypt(client, keys, source, target, context):
    with client.stream(
        mode='e', source=source, key_provider=keys, encryption_context=context, frame_length=FRAME
    ) as encryption:
        shutil.copyfileobj(encryption, target, FRAME)


def decrypt(client, keys, source, target, context):
    decryption = client.stream(mode='d', source=source, key_provider=keys, max_body_length=FRAME)
    found = decryption.header.encryption_context
    for name, value in context.items():
        if found.get(name) != value:
            raise Refused(f"the file's encryption context does not have {name}={value}")
    try:
        shutil.copyfileobj(decryption, target, FRAME)
    except InvalidTag as error:
        raise Refused('the file was altered') from error
    # The SDK for Python stops reading where the message ends.
    if source.read(1):
        raise Refused('the file was added to')


def open_keys(key_id):
    """The SDK finds keys in files by their ARN. So an alias is followed first, and other keys are never asked for."""
    arn = boto3.client('kms').describe_key(KeyId=key_id)['KeyMetadata']['Arn']
    return StrictAwsKmsMasterKeyProvider(key_ids=[arn])


@contextmanager
def written_whole(path):
    """A file that takes its name only when all of it is written. The signature over an encrypted file comes at its
    end: until it was found good, plaintext is in a file of another name, which its owner alone can read.
    """
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(os.path.abspath(path)), prefix='.encrypt-file-')
    try:
        with os.fdopen(handle, 'wb') as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def main(arguments):
    actions = {'encrypt': encrypt, 'decrypt': decrypt}
    if len(arguments) < 4 or arguments[0] not in actions or not all('=' in pair for pair in arguments[4:]):
        sys.exit('usage: encrypt_file.py encrypt|decrypt KEY SOURCE TARGET [NAME=VALUE ...]')
    action, key_id, source_path, target_path, *pairs = arguments
    context = dict(pair.split('=', 1) for pair in pairs)
    client = EncryptionSDKClient(
        commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT, max_encrypted_data_keys=1
    )
    try:
        with open(source_path, 'rb') as source, written_whole(target_path) as target:
            actions[action](client, open_keys(key_id), source, target, context)
    except (Refused, AWSEncryptionSDKClientError, ClientError, BotoCoreError, OSError) as error:
        sys.exit(f'{action} {source_path}: {error}')


if __name__ == '__main__':
    main(sys.argv[1:])
