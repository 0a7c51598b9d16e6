"""Buckets and objects with boto3: `python -m unittest boto3_s3`, with a server's files in the environment."""

import hashlib
import io
import time
import unittest
import urllib.error
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError, MissingDependencyException


class S3(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.s3 = boto3.client('s3')
        cls.kms = boto3.client('kms')
        cls.s3.create_bucket(Bucket='boto3')

    def fails(self, code, status, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        error = caught.exception.response
        self.assertEqual(error['Error'].get('Code'), code)
        self.assertEqual(error['ResponseMetadata']['HTTPStatusCode'], status)
        return error

    def put(self, key, body=b'hello', **more):
        return self.s3.put_object(Bucket='boto3', Key=key, Body=body, **more)

    def get(self, key, **more):
        return self.s3.get_object(Bucket='boto3', Key=key, **more)

    def test_buckets(self):
        self.s3.create_bucket(
            Bucket='boto3-eu', CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'}
        )
        self.assertEqual(self.s3.get_bucket_location(Bucket='boto3-eu')['LocationConstraint'], 'eu-central-1')
        self.assertIn('boto3-eu', [each['Name'] for each in self.s3.list_buckets()['Buckets']])
        self.assertEqual(self.s3.head_bucket(Bucket='boto3')['BucketRegion'], 'us-east-1')
        # The client asks again in the right Region.
        self.s3.put_object(Bucket='boto3-eu', Key='a', Body=b'x')
        self.fails('BucketNotEmpty', 409, boto3.client('s3', 'eu-central-1').delete_bucket, Bucket='boto3-eu')
        self.s3.delete_object(Bucket='boto3-eu', Key='a')
        self.s3.delete_bucket(Bucket='boto3-eu')
        self.fails('404', 404, self.s3.head_bucket, Bucket='boto3-eu')
        self.fails('NoSuchBucket', 404, self.s3.get_object, Bucket='boto3-eu', Key='a')

    def test_objects(self):
        put = self.put('a/ü +?.txt', ContentType='text/plain', Metadata={'colour': 'blue'})
        self.assertEqual(put['ETag'], f'"{hashlib.md5(b"hello").hexdigest()}"')
        self.assertEqual(put['ServerSideEncryption'], 'AES256')
        got = self.get('a/ü +?.txt')
        self.assertEqual(got['Body'].read(), b'hello')
        self.assertEqual((got['ContentType'], got['Metadata']), ('text/plain', {'colour': 'blue'}))
        self.assertEqual(got['ChecksumCRC32'], put['ChecksumCRC32'])
        head = self.s3.head_object(Bucket='boto3', Key='a/ü +?.txt')
        self.assertEqual((head['ContentLength'], head['LastModified']), (5, got['LastModified']))
        self.assertEqual(self.get('a/ü +?.txt', Range='bytes=1-2')['Body'].read(), b'el')
        self.s3.delete_object(Bucket='boto3', Key='a/ü +?.txt')
        self.fails('NoSuchKey', 404, self.get, key='a/ü +?.txt')

    def test_every_checksum(self):
        tried = []
        for algorithm in ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256']:
            try:
                put = self.put('checksum', ChecksumAlgorithm=algorithm)
            except MissingDependencyException:
                # The library has some of them only with the AWS common run time.
                continue
            tried.append(algorithm)
            name = f'Checksum{algorithm}'
            self.assertEqual(self.get('checksum', ChecksumMode='ENABLED')[name], put[name])
        self.assertLessEqual({'CRC32', 'SHA1', 'SHA256'}, set(tried))
        self.fails('BadDigest', 400, self.put, key='checksum', ChecksumSHA256='A' * 43 + '=')

    def test_listing(self):
        keys = [f'list/{folder}/{n}' for folder in ('a', 'b', 'ü') for n in range(7)] + ['list/a', 'list/z &<']
        for key in keys:
            self.put(key, b'x')
        ordered = sorted(keys, key=lambda key: key.encode())
        for operation, parameters in [('list_objects_v2', {}), ('list_objects', {})]:
            for size in (1, 4, 1000):
                pages = self.s3.get_paginator(operation).paginate(
                    Bucket='boto3', Prefix='list/', PaginationConfig={'PageSize': size}
                )
                found = [each['Key'] for page in pages for each in page.get('Contents', [])]
                self.assertEqual(found, ordered)
                pages = self.s3.get_paginator(operation).paginate(
                    Bucket='boto3', Prefix='list/', Delimiter='/', PaginationConfig={'PageSize': size}
                )
                pages = list(pages)
                self.assertEqual(
                    [each['Prefix'] for page in pages for each in page.get('CommonPrefixes', [])],
                    ['list/a/', 'list/b/', 'list/ü/'],
                )
                self.assertEqual(
                    [each['Key'] for page in pages for each in page.get('Contents', [])], ['list/a', 'list/z &<']
                )
        after = self.s3.list_objects_v2(Bucket='boto3', Prefix='list/', StartAfter='list/b/3', FetchOwner=True)
        self.assertEqual(after['KeyCount'], 3 + 7 + 1)
        self.assertEqual(after['Contents'][0]['Owner']['ID'], '000000000000')
        self.assertEqual(after['Contents'][0]['ETag'], f'"{hashlib.md5(b"x").hexdigest()}"')
        answer = self.s3.delete_objects(Bucket='boto3', Delete={'Objects': [{'Key': key} for key in keys]})
        self.assertEqual(len(answer['Deleted']), len(keys))
        self.assertEqual(self.s3.list_objects_v2(Bucket='boto3', Prefix='list/')['KeyCount'], 0)

    def test_the_managed_key(self):
        put = self.put('managed', ServerSideEncryption='aws:kms')
        self.assertNotEqual(put['ETag'], f'"{hashlib.md5(b"hello").hexdigest()}"')
        key = self.kms.describe_key(KeyId='alias/aws/s3')['KeyMetadata']
        self.assertEqual((put['SSEKMSKeyId'], key['KeyManager']), (key['Arn'], 'AWS'))
        got = self.get('managed')
        self.assertEqual((got['Body'].read(), got['SSEKMSKeyId'], got['ETag']), (b'hello', key['Arn'], put['ETag']))
        with self.assertRaises(ClientError):
            self.kms.schedule_key_deletion(KeyId=key['Arn'])

    def test_a_customer_key(self):
        made = self.kms.create_key()['KeyMetadata']
        self.kms.create_alias(AliasName='alias/boto3-s3', TargetKeyId=made['KeyId'])
        for name in (made['KeyId'], made['Arn'], 'alias/boto3-s3'):
            put = self.put('customer', ServerSideEncryption='aws:kms', SSEKMSKeyId=name)
            self.assertEqual(put['SSEKMSKeyId'], made['Arn'])
        self.assertEqual(self.get('customer')['Body'].read(), b'hello')
        self.kms.disable_key(KeyId=made['KeyId'])
        self.fails('KMS.DisabledException', 400, self.get, key='customer')
        self.assertEqual(self.s3.head_object(Bucket='boto3', Key='customer')['ContentLength'], 5)
        more = {'ServerSideEncryption': 'aws:kms', 'SSEKMSKeyId': made['Arn']}
        self.fails('KMS.DisabledException', 400, self.put, key='customer', **more)
        self.kms.enable_key(KeyId=made['KeyId'])
        self.assertEqual(self.get('customer')['Body'].read(), b'hello')
        more['SSEKMSKeyId'] = made['Arn'].replace('000000000000', '111122223333')
        error = self.fails('AccessDenied', 403, self.put, key='customer', **more)
        self.assertIn('kms:GenerateDataKey', error['Error']['Message'])
        more['SSEKMSKeyId'] = 'alias/none'
        self.fails('KMS.NotFoundException', 400, self.put, key='customer', **more)

    def test_a_bucket_default(self):
        made = self.kms.create_key()['KeyMetadata']
        self.s3.create_bucket(Bucket='boto3-default')
        rule = {'ApplyServerSideEncryptionByDefault': {'SSEAlgorithm': 'aws:kms', 'KMSMasterKeyID': made['Arn']}}
        self.s3.put_bucket_encryption(
            Bucket='boto3-default', ServerSideEncryptionConfiguration={'Rules': [rule]}
        )
        got = self.s3.get_bucket_encryption(Bucket='boto3-default')['ServerSideEncryptionConfiguration']
        self.assertEqual(
            got['Rules'][0]['ApplyServerSideEncryptionByDefault'], rule['ApplyServerSideEncryptionByDefault']
        )
        put = self.s3.put_object(Bucket='boto3-default', Key='a', Body=b'x')
        self.assertEqual(put['SSEKMSKeyId'], made['Arn'])
        self.s3.delete_bucket_encryption(Bucket='boto3-default')
        self.assertEqual(self.s3.put_object(Bucket='boto3-default', Key='a', Body=b'x')['ServerSideEncryption'], 'AES256')

    def test_files(self):
        data = bytes(range(256)) * 12_000
        whole = TransferConfig(multipart_threshold=2**30)
        self.s3.upload_fileobj(io.BytesIO(data), 'boto3', 'file', Config=whole)
        into = io.BytesIO()
        # Larger than the part size, so that the client asks for ranges.
        parts = TransferConfig(multipart_threshold=2**20, multipart_chunksize=2**20)
        self.s3.download_fileobj('boto3', 'file', into, Config=parts)
        self.assertEqual(into.getvalue(), data)
        self.fails('NotImplemented', 501, self.s3.create_multipart_upload, Bucket='boto3', Key='file')

    def test_signed_urls(self):
        s3 = boto3.client('s3', config=Config(signature_version='s3v4'))
        url = s3.generate_presigned_url('put_object', {'Bucket': 'boto3', 'Key': 'signed url'}, 60)
        request = urllib.request.Request(url, data=b'by url', method='PUT')
        request.add_header('Content-Type', '')
        self.assertEqual(urllib.request.urlopen(request).status, 200)
        url = s3.generate_presigned_url(
            'get_object', {'Bucket': 'boto3', 'Key': 'signed url', 'ResponseContentType': 'text/x'}, 60
        )
        answer = urllib.request.urlopen(url)
        self.assertEqual((answer.read(), answer.headers['content-type']), (b'by url', 'text/x'))
        for altered in (url.replace('signed%20url', 'other'), url.replace('text%2Fx', 'text%2Fy')):
            with self.assertRaises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(altered)
            self.assertIn(b'<Code>SignatureDoesNotMatch</Code>', caught.exception.read())
        expired = s3.generate_presigned_url('get_object', {'Bucket': 'boto3', 'Key': 'signed url'}, 1)
        time.sleep(2.1)
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(expired)
        self.assertEqual(caught.exception.code, 403)


if __name__ == '__main__':
    unittest.main()
