/**
 * An entry as CloudTrail writes records: AWS CloudTrail user guide, "CloudTrail record contents" (version 1.11), and
 * the KMS developer guide's examples of log entries. Members are in the order of those examples.
 */
import { parseKmsArn } from '../core/ids.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { JournalEntry } from './contract.ts';
import { type Body, type Envelope, parseBody, parseEnvelope } from './entry.ts';
import { EVENT_VERSION } from './event-body.ts';

/** In the place of an identity when the body was erased; otherwise absent members say so. */
const ERASED: JsonObject = { type: 'Unknown' };

export function toCloudTrail(entry: JournalEntry): JsonObject {
  const envelope = parseEnvelope(entry);
  const body = parseBody(entry);
  const isServiceEvent = envelope.type === 'AwsServiceEvent';
  return present({
    eventVersion: body?.eventVersion ?? EVENT_VERSION,
    userIdentity: identity(body, isServiceEvent),
    // CloudTrail counts in seconds.
    eventTime: envelope.time.replace(/\.[0-9]{3}Z$/, 'Z'),
    eventSource: envelope.source,
    eventName: body?.eventName ?? envelope.name,
    awsRegion: envelope.region,
    sourceIPAddress: body?.sourceIPAddress,
    userAgent: body?.userAgent,
    errorCode: envelope.errorCode,
    errorMessage: body?.errorMessage,
    requestParameters: body?.requestParameters ?? null,
    responseElements: body?.responseElements ?? null,
    additionalEventData: isServiceEvent ? undefined : body?.additionalEventData,
    requestID: isServiceEvent ? undefined : envelope.requestId,
    eventID: envelope.id,
    readOnly: envelope.readOnly,
    resources: resources(envelope, body),
    eventType: envelope.type,
    managementEvent: true,
    recipientAccountId: envelope.account,
    serviceEventDetails: isServiceEvent ? body?.additionalEventData : undefined,
    eventCategory: 'Management',
  });
}

/** The examples of service events name an account and AWS itself, and no type. */
function identity(body: Body | undefined, isServiceEvent: boolean): JsonObject {
  if (body === undefined) return ERASED;
  const { type, principalId, arn, accountId, accessKeyId, invokedBy } = body.userIdentity;
  if (isServiceEvent) return present({ accountId, invokedBy });
  if (type === 'AWSService') return present({ type, invokedBy });
  return present({ type, principalId, arn, accountId, accessKeyId, invokedBy });
}

function resources(envelope: Envelope, body: Body | undefined): readonly JsonObject[] | undefined {
  const arns = body?.resources ?? envelope.resources;
  return arns.length === 0 ? undefined : arns.map(resource);
}

/** The examples give a type to keys, and none to aliases. */
function resource(arn: string): JsonObject {
  const accountId = arn.split(':')[4];
  const isKey = parseKmsArn(arn)?.resource.startsWith('key/') ?? false;
  return present({
    accountId: accountId === '' ? undefined : accountId,
    type: isKey ? 'AWS::KMS::Key' : undefined,
    ARN: arn,
  });
}

function present(members: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(members).filter((member): member is [string, Json] => member[1] !== undefined),
  );
}
