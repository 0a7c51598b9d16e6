import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toCloudTrail } from '../../src/audit/cloudtrail.ts';
import type { EventFacts } from '../../src/audit/contract.ts';
import { caller, event, keyArn, material } from './sample.ts';

const record = (changes: Partial<EventFacts>) => toCloudTrail({ ...event(changes), index: 0 });
const ids = { id: '00000000-0000-4000-8000-000000000001', requestId: '00000000-0000-4000-8000-000000000002' };
const key = { accountId: '111122223333', type: 'AWS::KMS::Key', ARN: keyArn() };

describe('a CloudTrail record', () => {
  it('of a call has every member in the order of the documentation', () => {
    const expected = {
      eventVersion: '1.11',
      userIdentity: {
        type: 'Root',
        principalId: '111122223333',
        arn: 'arn:aws:iam::111122223333:root',
        accountId: '111122223333',
        accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      },
      eventTime: '2026-11-24T12:00:00Z',
      eventSource: 'kms.amazonaws.com',
      eventName: 'Encrypt',
      awsRegion: 'us-east-1',
      sourceIPAddress: '192.0.2.7',
      userAgent: 'aws-cli/2.31.0',
      requestParameters: { encryptionAlgorithm: 'SYMMETRIC_DEFAULT', keyId: keyArn() },
      responseElements: null,
      additionalEventData: { keyMaterialId: material() },
      requestID: ids.requestId,
      eventID: ids.id,
      readOnly: true,
      resources: [key],
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: '111122223333',
      eventCategory: 'Management',
    };
    assert.equal(JSON.stringify(record(ids)), JSON.stringify(expected));
  });

  it('of a refused call says why, and names nothing that it did not find', () => {
    const { errorCode, errorMessage, resources, requestParameters } = record({
      errorCode: 'AccessDeniedException',
      errorMessage: 'no identity-based policy allows it',
      resources: [],
      requestParameters: null,
    });
    assert.deepEqual(
      [errorCode, errorMessage, resources, requestParameters],
      ['AccessDeniedException', 'no identity-based policy allows it', undefined, null],
    );
  });

  it('of what the service does itself is an AwsServiceEvent with its details', () => {
    const internal = { type: 'AWSService', account: caller.account, arn: 'kms.amazonaws.com' } as const;
    const { requestID, userIdentity, serviceEventDetails, additionalEventData, eventType } = record({
      ...ids,
      type: 'AwsServiceEvent',
      name: 'RotateKey',
      caller: { ...internal, principalId: 'kms.amazonaws.com', invokedBy: 'AWS Internal' },
      requestParameters: null,
      additionalEventData: { rotationType: 'AUTOMATIC' },
    });
    assert.deepEqual(userIdentity, { accountId: '111122223333', invokedBy: 'AWS Internal' });
    assert.deepEqual(
      [requestID, serviceEventDetails, additionalEventData, eventType],
      [undefined, { rotationType: 'AUTOMATIC' }, undefined, 'AwsServiceEvent'],
    );
  });

  it('names aliases and keys among its resources', () => {
    const alias = 'arn:aws:kms:us-east-1:111122223333:alias/payroll';
    const { resources } = record({ name: 'CreateAlias', resources: [alias, keyArn()] });
    assert.deepEqual(resources, [{ accountId: '111122223333', ARN: alias }, key]);
  });

  it('whose body was erased keeps what the envelope says', () => {
    const { id, envelope } = event(ids);
    const erased = toCloudTrail({ id, envelope, body: Buffer.alloc(0), index: 0 });
    assert.deepEqual(
      [erased.eventID, erased.userIdentity, erased.sourceIPAddress, erased.resources],
      [ids.id, { type: 'Unknown' }, undefined, [key]],
    );
  });
});
