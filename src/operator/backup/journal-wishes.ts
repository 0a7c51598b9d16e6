/**
 * What a journal says should hold at its end for keys and access keys that it speaks of from an entry on: the last
 * word counts. This is what a restored store is brought to (docs/backup.md, "What a restore repeats").
 */
import type { Journal, JournalEntry } from '../../audit/contract.ts';
import { type Body, type Envelope, parseBody, parseEnvelope } from '../../audit/entry.ts';
import { DAY_MS } from '../../core/clock.ts';
import { OPERATOR_EVENTS } from '../service.ts';

export type KeyWish =
  | { readonly state: 'Enabled' | 'Disabled' | 'Deleted' }
  /** Milliseconds since the epoch. */
  | { readonly state: 'PendingDeletion'; readonly deletionDate: number };

/** Of imported key material. */
export type MaterialWish =
  | { readonly gone: 'deleted' | 'expired' }
  /** `validTo`: milliseconds since the epoch, null when it does not expire. */
  | { readonly gone: false; readonly validTo: number | null };

/** `by`: id of the event that says so. */
export type Wish<T> = T & { readonly by: string };

export interface Wishes {
  /** By key ARN. */
  readonly keys: Map<string, Wish<KeyWish>>;
  /** By key ARN, then by key material id. */
  readonly materials: Map<string, Map<string, Wish<MaterialWish>>>;
  readonly policies: Map<string, Wish<{ readonly policy: string }>>;
  /** By access key id. */
  readonly accessKeys: Map<string, Wish<{ readonly status: 'Active' | 'Inactive' }>>;
  /** ARNs of keys that were made: their material is in no backup from before. */
  readonly made: Set<string>;
  /** Material ids that rotations made, by key ARN. */
  readonly rotated: Map<string, string[]>;
  /** Ids of events whose details are gone, so that they cannot be repeated. */
  readonly unreadable: string[];
}

const KMS = 'kms.amazonaws.com';
/** The longest that a key waits for its deletion (KMS API reference, "ScheduleKeyDeletion"). */
const LONGEST_WAIT_MS = 30 * DAY_MS;

type Take = (wishes: Wishes, envelope: Envelope, body: Body | undefined, arn: string) => void;

const setState =
  (state: 'Enabled' | 'Disabled' | 'Deleted'): Take =>
  ({ keys }, { id }, _body, arn) =>
    keys.set(arn, { state, by: id });

const takers: Readonly<Record<string, Take>> = {
  EnableKey: setState('Enabled'),
  DisableKey: setState('Disabled'),
  // A key comes back disabled (KMS API reference, "CancelKeyDeletion").
  CancelKeyDeletion: setState('Disabled'),
  DeleteKey: setState('Deleted'),
  ScheduleKeyDeletion({ keys }, { id, time }, body, arn) {
    const date = Date.parse(String(body?.responseElements?.deletionDate));
    const deletionDate = Number.isNaN(date) ? Date.parse(time) + LONGEST_WAIT_MS : date;
    keys.set(arn, { state: 'PendingDeletion', deletionDate, by: id });
  },
  PutKeyPolicy({ policies, unreadable }, { id }, body, arn) {
    const policy = body?.requestParameters?.policy;
    if (typeof policy === 'string') policies.set(arn, { policy, by: id });
    else unreadable.push(id);
  },
  CreateKey({ made }, _envelope, _body, arn) {
    made.add(arn);
  },
  RotateKey: noteRotation,
  RotateKeyOnDemand: noteRotation,
  ImportKeyMaterial(wishes, { id }, body, arn) {
    const { keyState, validTo } = body?.additionalEventData ?? {};
    const date = Date.parse(String(validTo));
    noteMaterial(wishes, id, body, arn, { gone: false, validTo: Number.isNaN(date) ? null : date });
    if (keyState === 'Enabled') wishes.keys.set(arn, { state: 'Enabled', by: id });
  },
  DeleteImportedKeyMaterial: (wishes, { id }, body, arn) =>
    noteMaterial(wishes, id, body, arn, { gone: 'deleted' }),
  DeleteExpiredKeyMaterial: (wishes, { id }, body, arn) =>
    noteMaterial(wishes, id, body, arn, { gone: 'expired' }),
};

function noteMaterial(
  { materials, unreadable }: Wishes,
  by: string,
  body: Body | undefined,
  arn: string,
  wish: MaterialWish,
): void {
  const material = body?.additionalEventData?.keyMaterialId;
  const ofKey = materials.get(arn) ?? new Map<string, Wish<MaterialWish>>();
  materials.set(arn, ofKey);
  if (typeof material === 'string') ofKey.set(material, { ...wish, by });
  // A deletion of what was not there has nothing to say.
  else if (body === undefined) unreadable.push(by);
}

function noteRotation({ rotated }: Wishes, _envelope: Envelope, body: Body | undefined, arn: string): void {
  const material = body?.additionalEventData?.currentKeyMaterialId;
  if (typeof material === 'string') rotated.set(arn, [...(rotated.get(arn) ?? []), material]);
}

/** From entry `from` on. */
export async function readWishes(journal: Pick<Journal, 'read'>, from: number): Promise<Wishes> {
  const wishes: Wishes = {
    keys: new Map(),
    materials: new Map(),
    policies: new Map(),
    accessKeys: new Map(),
    made: new Set(),
    rotated: new Map(),
    unreadable: [],
  };
  for await (const entry of journal.read(from)) take(wishes, entry);
  return wishes;
}

function take(wishes: Wishes, entry: JournalEntry): void {
  const envelope = parseEnvelope(entry);
  if (envelope.errorCode !== undefined) return;
  const known = envelope.source === KMS && Object.hasOwn(takers, envelope.name);
  const taker = known ? takers[envelope.name] : undefined;
  if (taker !== undefined) {
    const body = parseBody(entry);
    const [arn] = body?.resources ?? envelope.resources;
    if (arn !== undefined) taker(wishes, envelope, body, arn);
  } else if (envelope.source === OPERATOR_EVENTS && envelope.name === 'UpdateAccessKey') {
    takeAccessKey(wishes, envelope, parseBody(entry));
  }
}

function takeAccessKey(wishes: Wishes, { id }: Envelope, body: Body | undefined): void {
  const { accessKeyId, status } = body?.requestParameters ?? {};
  if (typeof accessKeyId === 'string' && (status === 'Active' || status === 'Inactive'))
    wishes.accessKeys.set(accessKeyId, { status, by: id });
  else wishes.unreadable.push(id);
}
