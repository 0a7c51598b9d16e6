/** Brings a restored store to what the journal says. Each step does nothing where it was done before. */

import { type KeyId, type Place, parseKeyId, parseKmsArn } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import type { AccessKey } from '../../identity/access-keys.ts';
import { joinChanges, replaceKey } from '../../kms/change.ts';
import type { KeyRecord } from '../../kms/key.ts';
import type { Kms, StoredKey } from '../../kms/kms.ts';
import { destroyWhenDue } from '../../kms/maintenance.ts';
import type { RowsChange } from '../../store/rows-contract.ts';
import { commitWithEvent, type EventParts, ownEvent } from '../own-event.ts';
import type { KeyWish, Wish, Wishes } from './journal-wishes.ts';

export interface RepeatParts extends EventParts {
  readonly kms: Kms;
}

export interface Repeated {
  readonly keysDeleted: number;
  readonly keysChanged: number;
  readonly accessKeysChanged: number;
  /** Key ARNs: made after the backup, so that what they encrypted cannot be decrypted any more. */
  readonly keysLost: readonly string[];
  /** Key material ids: of rotations after the backup; what was encrypted under them is lost. */
  readonly materialsLost: readonly string[];
  readonly eventsUnreadable: readonly string[];
}

/** Resolves when every wish holds and what was deleted is erased. */
export async function repeatWishes(wishes: Wishes, parts: RepeatParts): Promise<Repeated> {
  let [keysDeleted, keysChanged, accessKeysChanged] = [0, 0, 0];
  for (const arn of new Set([...wishes.keys.keys(), ...wishes.policies.keys()])) {
    if (await repeatForKey(arn, wishes, parts)) keysChanged += 1;
    if (await repeatDeletion(arn, wishes, parts)) keysDeleted += 1;
  }
  if (keysDeleted > 0) await parts.kms.erase();
  for (const [id, { status, by }] of wishes.accessKeys) {
    if (await repeatForAccessKey(id, status, by, parts)) accessKeysChanged += 1;
  }
  const { keysLost, materialsLost } = await lost(wishes, parts.kms);
  return {
    keysDeleted,
    keysChanged,
    accessKeysChanged,
    keysLost,
    materialsLost,
    eventsUnreadable: wishes.unreadable,
  };
}

async function repeatForKey(arn: string, wishes: Wishes, parts: RepeatParts): Promise<boolean> {
  const stored = await findKey(arn, parts.kms);
  if (stored === undefined) return false;
  const state = wishes.keys.get(arn);
  const policy = wishes.policies.get(arn);
  const { deletionDate: _, ...kept } = stored.value;
  const value: KeyRecord = {
    ...(state === undefined ? stored.value : { ...kept, ...stateMembers(state) }),
    ...(policy === undefined ? {} : { policy: policy.policy }),
  };
  if (isSame(value, stored.value)) return false;
  const facts = {
    keyState: state?.state ?? value.state,
    ...(state?.state === 'PendingDeletion' && { deletionDate: new Date(state.deletionDate).toISOString() }),
    policyChanged: value.policy !== stored.value.policy,
    ...because(state ?? policy),
  };
  const change = joinChanges(replaceKey(stored, value), timersOf(value, state, parts.kms));
  await commit(parts, 'KeyStateRepeated', facts, [arn], change);
  return true;
}

const isSame = (a: KeyRecord, b: KeyRecord): boolean =>
  a.state === b.state && a.deletionDate === b.deletionDate && a.policy === b.policy;

const because = (wish: Wish<object> | undefined): JsonObject =>
  wish === undefined ? {} : { event: wish.by };

/** What is to be deleted waits for it first, with a date that has passed: the same way as always leads there. */
function stateMembers(wish: KeyWish): Pick<KeyRecord, 'state' | 'deletionDate'> {
  switch (wish.state) {
    case 'Deleted':
      return { state: 'PendingDeletion', deletionDate: 0 };
    case 'PendingDeletion':
      return { state: wish.state, deletionDate: wish.deletionDate };
    case 'Enabled':
    case 'Disabled':
      return { state: wish.state };
  }
}

function timersOf(key: KeyRecord, wish: KeyWish | undefined, kms: Kms): RowsChange {
  if (wish?.state === 'PendingDeletion') return kms.timers.destroyAt(key, wish.deletionDate);
  if (wish?.state === 'Enabled' && key.rotation.enabled) return kms.timers.rotateAt(key, key.rotation.next);
  return {};
}

/** Erasing is done once, for all. */
async function repeatDeletion(arn: string, { keys }: Wishes, { kms, clock }: RepeatParts): Promise<boolean> {
  if (keys.get(arn)?.state !== 'Deleted') return false;
  const stored = await findKey(arn, kms);
  if (stored === undefined) return false;
  const { account, region, id } = stored.value;
  await destroyWhenDue({ account, region, keyId: id }, clock.now(), { ...kms, erase: async () => {} });
  return true;
}

async function repeatForAccessKey(
  id: string,
  status: AccessKey['status'],
  by: string,
  parts: RepeatParts,
): Promise<boolean> {
  const stored = await parts.kms.rows.get<AccessKey>('access-key', id);
  if (stored === undefined || stored.value.status === status) return false;
  const value: AccessKey = { ...stored.value, status };
  const put = [{ table: 'access-key', id, version: stored.version + 1, value } as const];
  const facts = { accessKeyId: id, status, event: by };
  await commit(parts, 'AccessKeyStatusRepeated', facts, [stored.value.principal], { put });
  return true;
}

async function lost({ made, rotated, keys }: Wishes, kms: Kms) {
  const keysLost: string[] = [];
  const materialsLost: string[] = [];
  for (const arn of made) {
    if (keys.get(arn)?.state !== 'Deleted' && (await findKey(arn, kms)) === undefined) keysLost.push(arn);
  }
  for (const [arn, ids] of rotated) {
    const held = (await findKey(arn, kms))?.value.materials.map(({ id }) => id as string);
    if (held !== undefined) materialsLost.push(...ids.filter((id) => !held.includes(id)));
  }
  return { keysLost, materialsLost };
}

async function findKey(arn: string, kms: Kms): Promise<StoredKey | undefined> {
  const name = keyName(arn);
  return name && kms.keys.get(name.place, name.id);
}

function keyName(arn: string): { readonly place: Place; readonly id: KeyId } | undefined {
  const parsed = parseKmsArn(arn);
  const id = parsed?.resource.startsWith('key/') ? parseKeyId(parsed.resource.slice(4)) : undefined;
  return parsed && id && { place: parsed, id };
}

const commit = (
  parts: RepeatParts,
  name: string,
  facts: JsonObject,
  resources: readonly string[],
  change: RowsChange,
): Promise<void> =>
  commitWithEvent(parts, ownEvent(parts, name, facts, resources), (event) =>
    parts.kms.rows.commit({ ...change, event }),
  );
