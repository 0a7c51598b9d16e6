/** Reads what event.ts wrote: docs/formats/journal.md, "Envelope" and "Body". */
import { hash } from 'node:crypto';
import type { KeyUse } from '../core/call.ts';
import type { JsonObject } from '../core/json.ts';
import type { EncodedEvent, EventFacts, JournalEntry } from './contract.ts';
import { SALT_SIZE } from './event-memory.ts';

export interface EnvelopeUse {
  readonly key: string;
  readonly material: string;
  readonly n: number;
  readonly session: string;
}

export interface Envelope {
  readonly account: string;
  /** Hex SHA-256 of the body with its salt. */
  readonly body: string;
  readonly errorCode?: string;
  readonly id: string;
  readonly inBody?: readonly ('name' | 'resources' | 'uses')[];
  readonly name: string;
  readonly node: string;
  readonly readOnly: boolean;
  readonly region: string;
  readonly requestId: string;
  readonly resources: readonly string[];
  readonly source: string;
  readonly time: string;
  readonly type: EventFacts['type'];
  readonly uses: readonly EnvelopeUse[];
  readonly v: number;
}

export interface Body {
  readonly additionalEventData?: JsonObject;
  readonly errorMessage?: string;
  readonly eventName?: string;
  readonly eventVersion: string;
  readonly requestParameters?: JsonObject;
  readonly resources?: readonly string[];
  readonly responseElements?: JsonObject;
  readonly sourceIPAddress: string;
  readonly userAgent: string;
  readonly userIdentity: JsonObject;
  readonly uses?: readonly EnvelopeUse[];
}

const view = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const parseEnvelope = (event: { readonly envelope: Uint8Array }): Envelope =>
  JSON.parse(view(event.envelope).toString()) as Envelope;

/** Undefined when the body was erased. */
export function parseBody(event: { readonly body: Uint8Array }): Body | undefined {
  if (event.body.length === 0) return undefined;
  return JSON.parse(view(event.body).toString('utf8', SALT_SIZE)) as Body;
}

/** The RFC 6962 leaf hash of an envelope. */
export const leafHash = (envelope: Uint8Array): Buffer =>
  hash('sha256', Buffer.concat([Buffer.of(0), envelope]), 'buffer');

const ID_FIELD = Buffer.from('"id":"');
/** Event ids are plain words: no escapes. */
export function eventId(envelope: Buffer): string {
  const at = envelope.indexOf(ID_FIELD) + ID_FIELD.length;
  return envelope.toString('latin1', at, envelope.indexOf('"', at));
}

const TIME_FIELD = Buffer.from('"time":"');
/** Milliseconds since the epoch, without parsing the rest. */
export function entryTime(event: { readonly envelope: Uint8Array }): number {
  const envelope = view(event.envelope);
  const at = envelope.indexOf(TIME_FIELD) + TIME_FIELD.length;
  return Date.parse(envelope.toString('latin1', at, envelope.indexOf('"', at)));
}

/** What those who follow the journal look at. */
export type EntryFacts = Pick<
  EventFacts,
  | 'id'
  | 'requestId'
  | 'time'
  | 'type'
  | 'source'
  | 'name'
  | 'account'
  | 'errorCode'
  | 'uses'
  | 'resources'
  | 'additionalEventData'
>;

/** Without parsing while the entry is fresh (event.ts, FreshEvent). */
export function entryFacts(entry: JournalEntry | (EncodedEvent & { facts?: EventFacts })): EntryFacts {
  if ('facts' in entry && entry.facts !== undefined) return entry.facts;
  const envelope = parseEnvelope(entry);
  // Only events of Lockholm itself are told by their bodies.
  const needsBody = envelope.inBody !== undefined || envelope.type === 'LockholmEvent';
  const body = needsBody ? parseBody(entry) : undefined;
  return {
    id: envelope.id,
    requestId: envelope.requestId,
    time: Date.parse(envelope.time),
    type: envelope.type,
    source: envelope.source,
    account: envelope.account,
    name: body?.eventName ?? envelope.name,
    ...(envelope.errorCode === undefined ? {} : { errorCode: envelope.errorCode }),
    uses: (body?.uses ?? envelope.uses).map(keyUse),
    resources: body?.resources ?? envelope.resources,
    additionalEventData: body?.additionalEventData ?? null,
  };
}

const keyUse = (use: EnvelopeUse): KeyUse => ({
  keyArn: use.key,
  materialId: use.material,
  session: use.session,
  counter: use.n,
});
