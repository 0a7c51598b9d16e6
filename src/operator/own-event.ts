/** Journal entries of what Lockholm does by itself, and their commit with the rows that they tell of. */
import { randomUUID } from 'node:crypto';
import type { EncodedEvent, EventFacts, Journal } from '../audit/contract.ts';
import type { Caller } from '../core/call.ts';
import type { Clock } from '../core/clock.ts';
import type { Region } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import { OPERATOR_ACCOUNT } from './operation.ts';
import { OPERATOR_EVENTS } from './service.ts';

export interface EventParts {
  readonly journal: Journal;
  readonly encodeEvent: (facts: EventFacts) => EncodedEvent;
  /** Told each event that was committed with rows, once the journal holds it: its outbox row can go. */
  readonly journalled: (eventId: string) => void;
  readonly clock: Clock;
  /** The one that such entries name. */
  readonly region: Region;
}

const ITSELF = 'Lockholm';
const caller: Caller = Object.freeze({
  type: 'AWSService',
  account: OPERATOR_ACCOUNT,
  arn: OPERATOR_EVENTS,
  principalId: OPERATOR_EVENTS,
  invokedBy: ITSELF,
});

/** `facts` hold no plaintext, key or token. */
export function ownEvent(
  { encodeEvent, clock, region }: EventParts,
  name: string,
  facts: JsonObject,
  resources: readonly string[] = [],
): EncodedEvent {
  const id = randomUUID();
  return encodeEvent({
    id,
    requestId: id,
    time: clock.now(),
    type: 'LockholmEvent',
    source: OPERATOR_EVENTS,
    name,
    account: OPERATOR_ACCOUNT,
    region,
    readOnly: false,
    caller,
    sourceIp: ITSELF,
    userAgent: ITSELF,
    resources,
    uses: [],
    requestParameters: null,
    responseElements: null,
    additionalEventData: facts,
  });
}

/** `commit` writes rows and event in one transaction; resolves when the journal holds the event too. */
export async function commitWithEvent(
  { journal, journalled }: EventParts,
  event: EncodedEvent,
  commit: (event: EncodedEvent) => Promise<unknown>,
): Promise<void> {
  await commit(event);
  await journal.append(event);
  journalled(event.id);
}
