/**
 * Encodes events: docs/formats/journal.md, "Envelope" and "Body". Final for ever, since Merkle trees are built
 * over it: a change needs a new value of `v`, and vectors of old ones stay.
 *
 * One event is encoded for every request, so both texts are written by hand from parts that are cached. The
 * envelope holds no personal data: only words that Lockholm chose, and ARNs that end in an id that it made.
 */
import { hash } from 'node:crypto';
import type { KeyUse } from '../core/call.ts';
import type { JsonObject } from '../core/json.ts';
import { BoundedCache } from './bounded-cache.ts';
import type { EncodedEvent, EventFacts } from './contract.ts';
import { BODY_MAX, bodyText, type Overflow } from './event-body.ts';
import { asciiBytes, saltedBytes } from './event-memory.ts';

export const ENVELOPE_MAX = 4096;
const WORD = /^[A-Za-z0-9._:/@-]{1,128}$/;
/** An ARN whose last part is an id made by Lockholm; aliases and object names are somebody's own words. */
const OPAQUE_ARN =
  /^arn:aws:kms:[a-z0-9-]{1,32}:[0-9]{12}:key\/(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

const isOpaque = new BoundedCache<boolean>(4096, (arn) => OPAQUE_ARN.test(arn));

/** An event just encoded keeps its facts for those who follow the journal, so that they need not parse it. */
export interface FreshEvent extends EncodedEvent {
  readonly facts: EventFacts;
}

/** `node` names the front that appends, for ever. Throws TypeError where facts are not of Lockholm's making. */
export function createEncoder(node: string): (facts: EventFacts) => FreshEvent {
  const nodeText = `,"node":"${word(node)}","readOnly":`;
  return (facts) => {
    const lists = chooseLists(facts);
    const body = saltedBytes(bodyText(facts, lists.overflow));
    if (body.length > BODY_MAX) throw new RangeError(`an event body of ${body.length} bytes is too large`);
    const name = lists.overflow?.name === undefined ? facts.name : '?';
    const text =
      `{"account":"${words.get(facts.account)}","body":"${hash('sha256', body, 'hex')}"` +
      (facts.errorCode === undefined ? '' : `,"errorCode":"${words.get(facts.errorCode)}"`) +
      `,"id":"${word(facts.id)}"${lists.mark},"name":"${name}"${nodeText}${facts.readOnly}` +
      `,"region":"${words.get(facts.region)}","requestId":"${word(facts.requestId)}"` +
      `,"resources":[${lists.resources}],"source":"${words.get(facts.source)}","time":"${isoTime(facts.time)}"` +
      `,"type":"${facts.type}","uses":[${lists.uses}],"v":1}`;
    return { id: facts.id, envelope: asciiBytes(text), body, facts };
  };
}

function word(text: string): string {
  if (!WORD.test(text)) throw new TypeError('an event holds an identifier that is no plain word');
  return text;
}
const words = new BoundedCache<string>(1024, word);
const isWord = new BoundedCache<boolean>(1024, (text) => WORD.test(text));

let lastTime = Number.NaN;
let lastTimeText = '';
function isoTime(time: number): string {
  if (time !== lastTime) {
    lastTimeText = new Date(time).toISOString();
    lastTime = time;
  }
  return lastTimeText;
}

interface Lists {
  readonly resources: string;
  readonly uses: string;
  /** Says in the envelope which complete values the body has. */
  readonly mark: string;
  readonly overflow: Overflow | undefined;
}

/** What the envelope needs without `resources` and `uses`: eight words of 128 bytes, and what joins them. */
const FIXED_MAX = 1536;

function chooseLists(facts: EventFacts): Lists {
  const uses = facts.uses.map(useText);
  const resources: string[] = [];
  for (const arn of facts.resources) if (isOpaque.get(arn)) resources.push(`"${arn}"`);
  const usesText = uses.join(',');
  const resourcesText = resources.join(',');
  const fits = FIXED_MAX + usesText.length + resourcesText.length <= ENVELOPE_MAX;
  if (fits && resources.length === facts.resources.length && isWord.get(facts.name)) {
    return { resources: resourcesText, uses: usesText, mark: '', overflow: undefined };
  }
  return overflowLists(facts, resources, uses);
}

/**
 * Uses come first, because key counters are checked by them; then resources; of each as many from the front as
 * fit. The body then has the complete list, and `inBody` in the envelope names it.
 */
function overflowLists(facts: EventFacts, resources: readonly string[], uses: readonly string[]): Lists {
  const keptUses = prefix(uses, ENVELOPE_MAX - FIXED_MAX);
  const usesText = keptUses.join(',');
  const keptResources = prefix(resources, ENVELOPE_MAX - FIXED_MAX - usesText.length);
  const overflow: Overflow = {
    ...(isWord.get(facts.name) ? {} : { name: facts.name }),
    ...(keptResources.length === facts.resources.length ? {} : { resources: facts.resources }),
    ...(keptUses.length === uses.length ? {} : { uses: facts.uses.map(useObject) }),
  };
  const names = Object.keys(overflow).map((name) => `"${name}"`);
  return { resources: keptResources.join(','), uses: usesText, mark: `,"inBody":[${names}]`, overflow };
}

function prefix(items: readonly string[], room: number): readonly string[] {
  let left = room;
  let count = 0;
  for (const item of items) {
    left -= item.length + 1;
    if (left < 0) break;
    count += 1;
  }
  return items.slice(0, count);
}

function useText(use: KeyUse): string {
  if (!isOpaque.get(use.keyArn)) throw new TypeError('an event counts a use of something that is no key');
  if (!Number.isSafeInteger(use.counter)) throw new TypeError('a use counter is no integer');
  return (
    `{"key":"${use.keyArn}","material":"${words.get(use.materialId)}"` +
    `,"n":${use.counter},"session":"${words.get(use.session)}"}`
  );
}

const useObject = (use: KeyUse): JsonObject => ({
  key: use.keyArn,
  material: use.materialId,
  n: use.counter,
  session: use.session,
});
