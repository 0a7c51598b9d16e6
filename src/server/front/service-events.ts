/** What KMS and S3 do of themselves (make, rotate, destroy keys), journalled as CloudTrail's service events. */
import { randomUUID } from 'node:crypto';
import type { EncodedEvent, EventFacts, Journal } from '../../audit/contract.ts';
import type { Caller } from '../../core/call.ts';
import type { Clock } from '../../core/clock.ts';
import type { AccountId } from '../../core/ids.ts';
import type { ServiceEvent, ServiceEvents } from '../../kms/events.ts';
import type { Rows, RowsChange } from '../../store/rows-contract.ts';

const KMS = 'kms.amazonaws.com';
/** In CloudTrail, in the place of address and user agent of what AWS does itself. */
const INTERNAL = 'AWS Internal';

const callerOf = (source: string, account: AccountId): Caller => ({
  type: 'AWSService',
  account,
  arn: source,
  principalId: source,
  invokedBy: INTERNAL,
});

export interface ServiceEventParts {
  readonly encodeEvent: (facts: EventFacts) => EncodedEvent;
  readonly rows: Rows;
  readonly journal: Journal;
  readonly clock: Clock;
  /** The outbox row of this event can go. */
  readonly journalled: (eventId: string) => void;
  /** As in CloudTrail; KMS when absent. */
  readonly source?: string;
}

/** Of a service that has other names for what it does than KMS. */
type EventsOf<Name extends string> = Pick<ServiceEvents, 'begin'> & {
  commit(change: RowsChange, event: Omit<ServiceEvent, 'name'> & { readonly name: Name }): Promise<void>;
};

export function serviceEvents<Name extends string = ServiceEvent['name']>({
  encodeEvent,
  rows,
  journal,
  clock,
  journalled,
  source = KMS,
}: ServiceEventParts): EventsOf<Name> {
  return {
    begin: () => ({ eventId: randomUUID(), time: clock.now() }),
    async commit(change, { eventId, time, account, region, name, resources, additionalEventData }) {
      const event = encodeEvent({
        id: eventId,
        requestId: eventId,
        time,
        type: 'AwsServiceEvent',
        source,
        name,
        account,
        region,
        readOnly: false,
        caller: callerOf(source, account),
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
