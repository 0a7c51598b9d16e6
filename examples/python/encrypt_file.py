"""Encrypts a file of any size with a data key from KMS; the data key goes, encrypted, into the file's header.

    python encrypt_file.py encrypt alias/files report.pdf report.pdf.enc purpose=archive
    python encrypt_file.py decrypt alias/files report.pdf.enc report.pdf purpose=archive

The last arguments are the encryption context: not secret, bound to the data key, wanted again to decrypt.
The format is described in docs/encrypt-a-file.md; ../typescript reads and writes the same.
"""

import os
import struct
import sys
import tempfile
from contextlib import contextmanager

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b'LKFILE1\n'
CHUNK = 64 * 1024
TAG = 16


class Refused(Exception):
    """The file is not what it should be."""


def encrypt(kms, key_id, source, target, context):
    answer = kms.generate_data_key(KeyId=key_id, KeySpec='AES_256', EncryptionContext=context)
    cipher = AESGCM(answer['Plaintext'])
    header = MAGIC + struct.pack('>H', len(answer['CiphertextBlob'])) + answer['CiphertextBlob']
    target.write(header)
    for nonce, chunk in numbered_chunks(source, CHUNK):
        target.write(cipher.encrypt(nonce, chunk, header))


def decrypt(kms, key_id, source, target, context):
    header, encrypted_key = read_header(source)
    # The key is named here too: a file whose data key somebody else's KMS key protects is refused.
    answer = kms.decrypt(KeyId=key_id, CiphertextBlob=encrypted_key, EncryptionContext=context)
    cipher = AESGCM(answer['Plaintext'])
    try:
        for nonce, chunk in numbered_chunks(source, CHUNK + TAG):
            target.write(cipher.decrypt(nonce, chunk, header))
    except InvalidTag as error:
        raise Refused('the file was altered, cut short or added to') from error


def read_header(source):
    start = source.read(len(MAGIC) + 2)
    if len(start) < len(MAGIC) + 2 or not start.startswith(MAGIC):
        raise Refused('the file was not encrypted by this program')
    (length,) = struct.unpack('>H', start[len(MAGIC) :])
    encrypted_key = source.read(length)
    if length == 0 or len(encrypted_key) < length:
        raise Refused('the file is cut short in its header')
    return start + encrypted_key, encrypted_key


def numbered_chunks(source, size):
    """Yields (nonce, chunk). A nonce is the chunk's number and, in its last byte, whether the file ends with it:
    chunks that are moved, dropped or appended fail to decrypt. It never repeats under a key: each file has its own.
    """
    number, chunk = 0, source.read(size)
    while True:
        following = source.read(size)
        yield number.to_bytes(11, 'big') + (b'\0' if following else b'\1'), chunk
        if not following:
            return
        number, chunk = number + 1, following


@contextmanager
def written_whole(path):
    """A file that takes its name only when all of it is written: plaintext of a file that is refused half-way never
    shows there. Until then it is readable by its owner alone.
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
    try:
        with open(source_path, 'rb') as source, written_whole(target_path) as target:
            actions[action](boto3.client('kms'), key_id, source, target, context)
    except (Refused, ClientError, BotoCoreError, OSError) as error:
        sys.exit(f'{action} {source_path}: {error}')


if __name__ == '__main__':
    main(sys.argv[1:])
