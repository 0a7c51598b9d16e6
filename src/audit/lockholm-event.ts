/** Events that Lockholm writes of itself: type LockholmEvent, what they say in additionalEventData. */
import { randomUUID } from 'node:crypto';
import type { Caller } from '../core/call.ts';
import { must, parseAccountId } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import type { EventFacts } from './contract.ts';

export const LOCKHOLM_SOURCE = 'lockholm';

/** Whom an event belongs to. Events of the whole node belong to an account that the composition names. */
export interface Home {
  readonly account: string;
  readonly region: string;
}

export function lockholmEvent(
  name: string,
  home: Home,
  time: number,
  additionalEventData: JsonObject,
): EventFacts {
  const id = randomUUID();
  const account = must(parseAccountId(home.account), 'account id');
  const [arn, principalId, invokedBy] = [LOCKHOLM_SOURCE, LOCKHOLM_SOURCE, LOCKHOLM_SOURCE];
  const caller: Caller = { type: 'AWSService', account, arn, principalId, invokedBy };
  return {
    id,
    requestId: id,
    time,
    type: 'LockholmEvent',
    source: LOCKHOLM_SOURCE,
    name,
    account,
    region: home.region,
    readOnly: false,
    caller,
    sourceIp: LOCKHOLM_SOURCE,
    userAgent: LOCKHOLM_SOURCE,
    resources: [],
    uses: [],
    requestParameters: null,
    responseElements: null,
    additionalEventData,
  };
}
