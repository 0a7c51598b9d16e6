import { randomUUID } from 'node:crypto';
import type { EventFacts } from '../audit/contract.ts';
import type { ServiceError } from '../core/errors.ts';
import { OPERATOR_SERVICE } from '../identity/authorizer.ts';
import type { PipelineCall } from './call.ts';

/** What the journal says of a call as it stands: of its success, or of the error that it failed with. */
export function eventFacts(call: PipelineCall, error?: ServiceError): EventFacts {
  const { service, operation } = call.bound;
  const { record } = call;
  const facts = {
    // The id of an event whose commit has an unknown outcome stays its own.
    id: error !== undefined && call.commitBegun ? randomUUID() : call.eventId,
    requestId: call.requestId,
    time: call.time,
    type: service.name === OPERATOR_SERVICE ? ('LockholmEvent' as const) : ('AwsApiCall' as const),
    source: service.eventSource,
    name: operation.name,
    account: call.account,
    region: call.region,
    readOnly: operation.readOnly,
    caller: call.caller,
    sourceIp: call.sourceIp,
    userAgent: call.userAgent,
    resources: record.resources,
    uses: record.uses,
    requestParameters: call.input === undefined ? null : operation.audit(call.input),
    responseElements: error === undefined ? record.responseElements : null,
    additionalEventData: record.additionalEventData,
  };
  if (error === undefined) return facts;
  const { code, wireMessage } = error;
  return { ...facts, errorCode: code, ...(wireMessage === undefined ? {} : { errorMessage: wireMessage }) };
}
