/** What a subject hangs on: keys with the material that they have or had. */
import type { AccountId, KeyId, Region } from '../../core/ids.ts';
import { keyArn } from '../../core/ids.ts';
import { type KeyRecord, keyRow } from '../../kms/key.ts';
import { type LineageRecord, lineageOf } from '../../kms/lineage.ts';
import type { Rows } from '../../store/rows-contract.ts';
import type { HsmFacts } from './hsm-facts.ts';
import { s3RootName, sseS3Name } from './names.ts';

export interface KeyName {
  readonly account: AccountId;
  readonly region: Region;
  readonly id: KeyId;
}

/** When a material was in engine and store; `to` is absent while it is. Milliseconds since the epoch. */
export interface Stay {
  readonly from: number;
  readonly to?: number;
  /** Journal entries that tell of its beginning and end. */
  readonly entry: string;
  readonly endEntry?: string;
}

export interface HeldMaterial {
  readonly id: string;
  readonly lineage: readonly LineageRecord[];
  readonly stays: readonly Stay[];
  /** In HSMs: the name that they have of the material. */
  readonly inHsm?: string;
}

export interface HeldKey {
  /** As facts call it: the key's ARN, or the S3 root of an account. */
  readonly fact: string;
  readonly account: AccountId;
  readonly name?: KeyName;
  /** Undefined for an S3 root, and for a key that is destroyed. */
  readonly record?: KeyRecord;
  readonly materials: readonly HeldMaterial[];
}

/** Undefined when there is no such key and never was one with material. */
export async function heldKey(rows: Rows, hsm: HsmFacts, name: KeyName): Promise<HeldKey | undefined> {
  const row = keyRow(name, name.id);
  const record = (await rows.get<KeyRecord>(row.table, row.id))?.value;
  const lineage = await lineageOf(rows, name);
  if (record === undefined && lineage.size === 0) return undefined;
  const ids = new Set([...lineage.keys(), ...(record?.materials ?? []).map(({ id }) => id as string)]);
  return {
    fact: keyArn(name, name.id),
    account: name.account,
    name,
    ...(record && { record }),
    materials: await Promise.all(
      [...ids].map(async (id) => materialOf(id, lineage.get(id) ?? [], await hsm.lineageOf(name, id))),
    ),
  };
}

function materialOf(id: string, lineage: readonly LineageRecord[], inHsm: string | undefined): HeldMaterial {
  return { id, lineage, stays: inHsm === undefined ? staysOf(lineage) : [], ...(inHsm && { inHsm }) };
}

const begins = new Set<LineageRecord['event']>(['made', 'imported']);

/** Imported again while it was there, a material goes on where it was. */
export function staysOf(lineage: readonly LineageRecord[]): readonly Stay[] {
  const stays: Stay[] = [];
  for (const { event, time, eventId } of lineage) {
    const last = stays.at(-1);
    const isOpen = last !== undefined && last.to === undefined;
    if (begins.has(event) && !isOpen) stays.push({ from: time, entry: eventId });
    else if (!begins.has(event) && isOpen) stays.splice(-1, 1, { ...last, to: time, endEntry: eventId });
  }
  return stays;
}

/** Whether engine and store have it now. */
export const isPresent = ({ stays }: HeldMaterial): boolean => {
  const last = stays.at(-1);
  return last !== undefined && last.to === undefined;
};

/** Undefined while the account has stored no object under SSE-S3. */
export async function heldS3Root(rows: Rows, account: AccountId): Promise<HeldKey | undefined> {
  const row = await rows.get<{ readonly created: number }>('s3-root', account);
  if (row === undefined) return undefined;
  const material = {
    id: s3RootName(account),
    lineage: [],
    stays: [{ from: row.value.created, entry: 'CreateS3Root' }],
  };
  return { fact: sseS3Name(account), account, materials: [material] };
}
