/** What KMS does of itself (makes, rotates, destroys keys), journalled as CloudTrail's service events. */
import { randomUUID } from 'node:crypto';
import type { EncodedEvent, EventFacts, Journal } from '../../audit/contract.ts';
import type { Caller } from '../../core/call.ts';
import type { Clock } from '../../core/clock.ts';
import type { AccountId } from '../../core/ids.ts';
import type { ServiceEvents } from '../../kms/events.ts';
import type { Rows } from '../../store/rows-contract.ts';

const SOURCE = 'kms.amazonaws.com';
/** In CloudTrail, in the place of address and user agent of what AWS does itself. */
const INTERNAL = 'AWS Internal';

const kmsCaller = (account: AccountId): Caller => ({
  type: 'AWSService',
  account,
  arn: SOURCE,
  principalId: SOURCE,
  invokedBy: INTERNAL,
});

export interface ServiceEventParts {
  readonly encodeEvent: (facts: EventFacts) => EncodedEvent;
  readonly rows: Rows;
  readonly journal: Journal;
  readonly clock: Clock;
  /** The outbox row of this event can go. */
  readonly journalled: (eventId: string) => void;
}

export function serviceEvents({
  encodeEvent,
  rows,
  journal,
  clock,
  journalled,
}: ServiceEventParts): ServiceEvents {
  return {
    begin: () => ({ eventId: randomUUID(), time: clock.now() }),
    async commit(change, { eventId, time, account, region, name, resources, additionalEventData }) {
      const event = encodeEvent({
        id: eventId,
        requestId: eventId,
        time,
        type: 'AwsServiceEvent',
        source: SOURCE,
        name,
        account,
        region,
        readOnly: false,
        caller: kmsCaller(account),
        sourceIp: INTERNAL,
        userAgent: INTERNAL,
        resources,
        uses: [],
        requestParameters: null,
        responseElements: null,
        additionalEventData,
      });
      await rows.commit({ ...change, event });
      await journal.append(event);
      journalled(eventId);
    },
  };
}
