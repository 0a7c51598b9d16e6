/** Events for tests, and a folder of its own for each. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { EncodedEvent, EventFacts } from '../../src/audit/contract.ts';
import { createEncoder } from '../../src/audit/event.ts';
import type { Caller } from '../../src/core/call.ts';
import { must, parseAccountId } from '../../src/core/ids.ts';

export const NODE = 'node-1';
export const ACCOUNT = must(parseAccountId('111122223333'), 'account id');
export const keyArn = (number = 0): string =>
  `arn:aws:kms:us-east-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-${String(number).padStart(12, '0')}`;
export const material = (number = 0): string => String(number).padStart(64, 'a');

export const caller: Caller = {
  type: 'Root',
  account: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:root`,
  principalId: ACCOUNT,
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
};

export function facts(changes: Partial<EventFacts> = {}): EventFacts {
  return {
    id: randomUUID(),
    requestId: randomUUID(),
    time: Date.UTC(2026, 10, 24, 12, 0, 0, 123),
    type: 'AwsApiCall',
    source: 'kms.amazonaws.com',
    name: 'Encrypt',
    account: ACCOUNT,
    region: 'us-east-1',
    readOnly: true,
    caller,
    sourceIp: '192.0.2.7',
    userAgent: 'aws-cli/2.31.0',
    resources: [keyArn()],
    uses: [{ keyArn: keyArn(), materialId: material(), session: 'session-1', counter: 1 }],
    requestParameters: { encryptionAlgorithm: 'SYMMETRIC_DEFAULT', keyId: keyArn() },
    responseElements: null,
    additionalEventData: { keyMaterialId: material() },
    ...changes,
  };
}

const encode = createEncoder(NODE);
export const event = (changes: Partial<EventFacts> = {}): EncodedEvent => encode(facts(changes));

/** A folder that is removed after the test. */
export async function temporaryFolder(t: TestContext, parent: string = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(parent, 'lockholm-audit-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
