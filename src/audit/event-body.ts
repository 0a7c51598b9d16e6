/**
 * The body of an event: what CloudTrail shows beyond the envelope, as canonical JSON (docs/formats/journal.md,
 * "Body"). Written by hand in the order of the keys, because it is made for every request; the property test
 * holds it equal to canonicalJson. Field limits are CloudTrail's ("CloudTrail record contents").
 */
import type { Caller } from '../core/call.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { BoundedCache } from './bounded-cache.ts';
import type { EventFacts } from './contract.ts';

export const EVENT_VERSION = '1.11';
export const BODY_MAX = 256 * 1024;
const TEXT_MAX = 1024;
const PARAMETERS_MAX = 100 * 1024;
const ADDITIONAL_MAX = 28 * 1024;
/** Complete lists, for the rare event whose envelope cannot hold them. */
const LIST_MAX = 16 * 1024;

/** What goes into the body because it may not, or does not fit, in the envelope. */
export interface Overflow {
  readonly name?: string;
  readonly resources?: readonly string[];
  readonly uses?: readonly JsonObject[];
}

const texts = new BoundedCache<string>(256, (text) => JSON.stringify(clip(text)));
const identities = new WeakMap<Caller, string>();

export function bodyText(facts: EventFacts, overflow: Overflow | undefined): string {
  const { requestParameters, responseElements, additionalEventData } = facts;
  let text = '{';
  if (additionalEventData !== null) {
    text += `"additionalEventData":${bounded(additionalEventData, ADDITIONAL_MAX)},`;
  }
  if (facts.errorMessage !== undefined) text += `"errorMessage":${JSON.stringify(clip(facts.errorMessage))},`;
  if (overflow?.name !== undefined) text += `"eventName":${JSON.stringify(clip(overflow.name))},`;
  text += `"eventVersion":"${EVENT_VERSION}",`;
  if (requestParameters !== null)
    text += `"requestParameters":${bounded(requestParameters, PARAMETERS_MAX)},`;
  if (overflow?.resources !== undefined) text += `"resources":${list(overflow.resources)},`;
  if (responseElements !== null) text += `"responseElements":${bounded(responseElements, PARAMETERS_MAX)},`;
  text += `"sourceIPAddress":${texts.get(facts.sourceIp)},"userAgent":${texts.get(facts.userAgent)}`;
  text += `,"userIdentity":${identity(facts.caller)}`;
  if (overflow?.uses !== undefined) text += `,"uses":${list(overflow.uses)}`;
  return `${text}}`;
}

function identity(caller: Caller): string {
  const known = identities.get(caller);
  if (known !== undefined) return known;
  const text = canonicalJson({
    ...(caller.accessKeyId === undefined ? {} : { accessKeyId: caller.accessKeyId }),
    accountId: caller.account,
    arn: caller.arn,
    ...(caller.invokedBy === undefined ? {} : { invokedBy: caller.invokedBy }),
    principalId: caller.principalId,
    type: caller.type,
  });
  identities.set(caller, text);
  return text;
}

/** Left out as a whole when too large, as CloudTrail does. */
function bounded(value: JsonObject, max: number): string {
  const text = canonicalJson(value);
  if (text.length * 3 <= max) return text;
  const size = Buffer.byteLength(text);
  return size <= max ? text : `{"omitted":true,"size":${size}}`;
}

function list(items: readonly Json[]): string {
  const text = canonicalJson(items);
  if (Buffer.byteLength(text) > LIST_MAX) throw new RangeError('an event names too many resources or uses');
  return text;
}

/** At most TEXT_MAX bytes of UTF-8, cut between code points. */
function clip(text: string): string {
  if (text.length * 3 <= TEXT_MAX || Buffer.byteLength(text) <= TEXT_MAX) return text;
  let size = 0;
  let end = 0;
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > TEXT_MAX) break;
    end += character.length;
  }
  return text.slice(0, end);
}
