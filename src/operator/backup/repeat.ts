/** Brings a restored store to what the journal says. Each step does nothing where it was done before. */

import type { JsonObject } from '../../core/json.ts';
import type { AccessKey } from '../../identity/access-keys.ts';
import { joinChanges, replaceKey } from '../../kms/change.ts';
import type { KeyRecord } from '../../kms/key.ts';
import type { Kms } from '../../kms/kms.ts';
import { destroyWhenDue } from '../../kms/maintenance.ts';
import { withState } from '../../kms/rules/imported-material.ts';
import type { RowsChange } from '../../store/rows-contract.ts';
import { ownEvent } from '../own-event.ts';
import type { KeyWish, Wish, Wishes } from './journal-wishes.ts';
import { commitRepeated, findKey, type RepeatParts } from './repeat-key.ts';
import { repeatMaterials } from './repeat-materials.ts';

export interface Repeated {
  readonly keysDeleted: number;
  readonly keysChanged: number;
  /** Imported key material. */
  readonly materialsDeleted: number;
  readonly materialsChanged: number;
  readonly accessKeysChanged: number;
  /** Key ARNs: made after the backup, so that what they encrypted cannot be decrypted any more. */
  readonly keysLost: readonly string[];
  /**
   * Key material ids: made by rotations after the backup, so that what was encrypted under them is lost, or imported
   * after it, so that it is to be imported again.
   */
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
  const { materialsDeleted, materialsChanged } = await repeatMaterials(wishes, parts);
  if (keysDeleted + materialsDeleted > 0) await parts.kms.erase();
  for (const [id, { status, by }] of wishes.accessKeys) {
    if (await repeatForAccessKey(id, status, by, parts)) accessKeysChanged += 1;
  }
  const { keysLost, materialsLost } = await lost(wishes, parts.kms);
  return {
    keysDeleted,
    keysChanged,
    materialsDeleted,
    materialsChanged,
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
    ...(state === undefined ? stored.value : inState(kept, state)),
    ...(policy === undefined ? {} : { policy: policy.policy }),
  };
  if (isSame(value, stored.value)) return false;
  const facts = {
    keyState: state?.state === 'Deleted' ? 'Deleted' : value.state,
    ...(state?.state === 'PendingDeletion' && { deletionDate: new Date(state.deletionDate).toISOString() }),
    policyChanged: value.policy !== stored.value.policy,
    ...because(state ?? policy),
  };
  const change = joinChanges(replaceKey(stored, value), timersOf(value, state, parts.kms));
  await commitRepeated(parts, ownEvent(parts, 'KeyStateRepeated', facts, [arn]), change);
  return true;
}

const isSame = (a: KeyRecord, b: KeyRecord): boolean =>
  a.state === b.state && a.deletionDate === b.deletionDate && a.policy === b.policy;

const because = (wish: Wish<object> | undefined): JsonObject =>
  wish === undefined ? {} : { event: wish.by };

/** What is to be deleted waits for it first, with a date that has passed: the same way as always leads there. */
function inState(key: KeyRecord, wish: KeyWish): KeyRecord {
  switch (wish.state) {
    case 'Deleted':
      return { ...key, state: 'PendingDeletion', deletionDate: 0 };
    case 'PendingDeletion':
      return { ...key, state: wish.state, deletionDate: wish.deletionDate };
    case 'Enabled':
    case 'Disabled':
      return withState(key, wish.state);
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
  const event = ownEvent(parts, 'AccessKeyStatusRepeated', facts, [stored.value.principal]);
  await commitRepeated(parts, event, { put });
  return true;
}

async function lost({ made, rotated, keys, materials }: Wishes, kms: Kms) {
  const keysLost: string[] = [];
  const materialsLost: string[] = [];
  for (const arn of made) {
    if (keys.get(arn)?.state !== 'Deleted' && (await findKey(arn, kms)) === undefined) keysLost.push(arn);
  }
  for (const [arn, ids] of rotated) {
    const held = (await findKey(arn, kms))?.value.materials.map(({ id }) => id as string);
    if (held !== undefined) materialsLost.push(...ids.filter((id) => !held.includes(id)));
  }
  for (const [arn, wishes] of materials) {
    const held = (await findKey(arn, kms))?.value.materials ?? [];
    const present = held.filter(({ imported }) => imported?.present).map(({ id }) => id as string);
    for (const [id, { gone }] of wishes) if (gone === false && !present.includes(id)) materialsLost.push(id);
  }
  return { keysLost, materialsLost: [...new Set(materialsLost)] };
}
