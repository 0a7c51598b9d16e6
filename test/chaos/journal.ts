/** What the journal of a stopped server says, beside what was acknowledged and what was served in the end. */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalEntry } from '../../src/audit/contract.ts';
import { type CounterReport, checkCounters } from '../../src/audit/counter-check.ts';
import { type Body, type Envelope, leafHash, parseBody, parseEnvelope } from '../../src/audit/entry.ts';
import { openJournal } from '../../src/audit/journal.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Acknowledged } from './book.ts';
import type { Served } from './served.ts';

export interface Event {
  readonly index: number;
  readonly envelope: Envelope;
  readonly body: Body | undefined;
  readonly leaf: string;
}

export interface Read {
  readonly events: readonly Event[];
  readonly counters: CounterReport;
  /** Bytes of a torn end that were cut off: none after an orderly stop. */
  readonly torn: number;
}

/** The server is stopped. */
export async function readJournal(data: string): Promise<Read> {
  const node = readFileSync(join(data, 'node'), 'utf8').trim();
  const journal = await openJournal(join(data, 'journal'), { node });
  try {
    const events: Event[] = [];
    for await (const entry of journal.read(0)) events.push(eventOf(entry));
    const counters = await checkCounters(journal.read(0));
    return { events, counters, torn: journal.torn.log + journal.torn.bodies };
  } finally {
    await journal.close();
  }
}

const eventOf = (entry: JournalEntry): Event => ({
  index: entry.index,
  envelope: checkedEnvelope(entry),
  body: parseBody(entry),
  leaf: leafHash(entry.envelope).toString('hex'),
});

function checkedEnvelope(entry: JournalEntry): Envelope {
  const envelope = parseEnvelope(entry);
  if (envelope.id !== entry.id) throw new Error(`entry ${entry.index} has the id of another`);
  if (envelope.body !== hash('sha256', entry.body, 'hex'))
    throw new Error(`entry ${entry.index} has the body of another`);
  return envelope;
}

/** Entries that are missing, that come twice, or whose id does. */
export function wrongOrder(events: readonly Event[]): readonly string[] {
  const wrong = events
    .filter(({ index }, at) => index !== at)
    .map(({ index }) => `entry ${index} is out of place`);
  const ids = new Set(events.map(({ envelope }) => envelope.id));
  const leaves = new Set(events.map(({ leaf }) => leaf));
  if (ids.size !== events.length) wrong.push(`${events.length - ids.size} event ids come again`);
  if (leaves.size !== events.length) wrong.push(`${events.length - leaves.size} envelopes come again`);
  return wrong;
}

const succeeded = ({ envelope: { type, errorCode } }: Event): boolean =>
  type === 'AwsApiCall' && errorCode === undefined;

/** Each call that was acknowledged succeeded once in the journal, under the request id that its user was told. */
export function wrongCalls(
  events: readonly Event[],
  acknowledged: readonly Acknowledged[],
): readonly string[] {
  const byRequest = Map.groupBy(events, ({ envelope }) => envelope.requestId);
  return acknowledged.flatMap(({ operation, requestId, keyArn }) => {
    const told = byRequest.get(requestId) ?? [];
    const [event] = told;
    const call = `${operation} ${requestId}`;
    if (event === undefined || told.length > 1) return [`${call} has ${told.length} events`];
    if (!succeeded(event)) return [`${call} failed in the journal: ${event.envelope.errorCode}`];
    if (event.envelope.name !== operation) return [`${call} is ${event.envelope.name} in the journal`];
    if (keyArn !== undefined && !event.envelope.resources.includes(keyArn))
      return [`${call} names another key`];
    return [];
  });
}

/** What the journal's changes, in their order, make of keys and aliases: all that is served, and nothing else. */
export function wrongEffects(events: readonly Event[], { keys, aliases }: Served): readonly string[] {
  const told = replay(events);
  const wrong: string[] = [];
  const compare = (what: string, journal: unknown, served: unknown) => {
    if (journal !== served)
      wrong.push(`${what}: ${String(journal)} in the journal, ${String(served)} served`);
  };
  compare('number of keys', told.keys.size, keys.size);
  compare('number of aliases', told.aliases.size, aliases.size);
  for (const [name, target] of aliases) compare(name, told.aliases.get(name), target);
  for (const { arn, state, description, rotations, tags, policy } of keys.values()) {
    const key = told.keys.get(arn);
    compare(`state of ${arn}`, key?.state, state);
    compare(`description of ${arn}`, key?.description, description);
    compare(`policy of ${arn}`, key?.policy, policy);
    compare(`rotations of ${arn}`, key?.rotations, rotations);
    compare(`tags of ${arn}`, tagText(key?.tags ?? new Map()), tagText(tags));
  }
  return wrong;
}

const tagText = (tags: ReadonlyMap<string, string>): string => JSON.stringify([...tags].sort());

interface ToldKey {
  state: string;
  description: string;
  policy: string;
  rotations: number;
  readonly tags: Map<string, string>;
}

interface Told {
  /** By ARN. */
  readonly keys: Map<string, ToldKey>;
  readonly aliases: Map<string, string>;
}

function replay(events: readonly Event[]): Told {
  const told: Told = { keys: new Map(), aliases: new Map() };
  for (const event of events) if (succeeded(event)) apply(event, told);
  return told;
}

function apply({ envelope: { name, resources }, body }: Event, { keys, aliases }: Told): void {
  const parameters = body?.requestParameters ?? {};
  const text = (field: string): string => String(parameters[field] ?? '');
  const arn = resources.find((resource) => resource.includes(':key/')) ?? '';
  const tags = tagsOf(parameters);
  if (name === 'CreateKey') {
    const [description, policy] = [text('description'), text('policy')];
    keys.set(arn, { state: 'Enabled', description, policy, rotations: 0, tags: new Map(tags) });
  }
  if (name === 'CreateAlias' || name === 'UpdateAlias') aliases.set(text('aliasName'), text('targetKeyId'));
  if (name === 'DeleteAlias') aliases.delete(text('aliasName'));
  const key = keys.get(arn);
  if (key === undefined) return;
  if (name === 'EnableKey') key.state = 'Enabled';
  if (name === 'DisableKey' || name === 'CancelKeyDeletion') key.state = 'Disabled';
  if (name === 'ScheduleKeyDeletion') key.state = 'PendingDeletion';
  if (name === 'UpdateKeyDescription') key.description = text('description');
  if (name === 'PutKeyPolicy') key.policy = text('policy');
  if (name === 'RotateKeyOnDemand') key.rotations += 1;
  if (name === 'TagResource') for (const [tag, value] of tags) key.tags.set(tag, value);
  if (name === 'UntagResource')
    for (const tag of (parameters.tagKeys as readonly string[] | undefined) ?? []) key.tags.delete(tag);
}

const tagsOf = ({ tags }: JsonObject): readonly (readonly [string, string])[] =>
  ((tags ?? []) as unknown as readonly Record<string, string>[]).map(({ tagKey = '', tagValue = '' }) => [
    tagKey,
    tagValue,
  ]);
