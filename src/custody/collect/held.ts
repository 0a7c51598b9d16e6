/** What a subject hangs on: keys with the material that they have or had. */
import type { AccountId, KeyId, Place, Region } from '../../core/ids.ts';
import { keyArn } from '../../core/ids.ts';
import { type KeyRecord, keyRow } from '../../kms/key.ts';
import { type Holder, type LineageRecord, lineageOf } from '../../kms/lineage.ts';
import type { Rows } from '../../store/rows-contract.ts';
import type { HsmMaterialName } from './hsm-facts.ts';
import { s3RootName, sseS3Name } from './names.ts';

export interface KeyName {
  readonly account: AccountId;
  readonly region: Region;
  readonly id: KeyId;
}

/** When a material was in engine and store: `end` is absent while it is. */
export interface Stay {
  readonly begin: Moment;
  readonly end?: Moment;
}
interface Moment {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** The journal entry that tells of it. */
  readonly entry: string;
}

export interface HeldMaterial {
  readonly id: string;
  readonly lineage: readonly LineageRecord[];
  readonly stays: readonly Stay[];
  /** It was made in HSMs, and is in no engine. */
  readonly inHsm?: HsmMaterialName;
  /** As which HSMs had it that wrapped it out, by their receipts. */
  readonly leftHsms: readonly HsmMaterialName[];
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
export async function heldKey(rows: Rows, name: KeyName): Promise<HeldKey | undefined> {
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
    materials: [...ids].map((id) => materialOf(id, lineage.get(id) ?? [], name, record)),
  };
}

function materialOf(
  id: string,
  lineage: readonly LineageRecord[],
  { account, region }: KeyName,
  record: KeyRecord | undefined,
): HeldMaterial {
  const made = lineage.find(({ hsmLineage }) => hsmLineage !== undefined);
  if (made?.hsmLineage === undefined)
    return { id, lineage, stays: staysOf(lineage), leftHsms: leftHsms(lineage, { account, region }) };
  const gone = lineage.find(
    ({ event, holders }) => event === 'destroyed' && clusterIn(holders) === undefined,
  );
  const inHsm = {
    account,
    region,
    lineage: made.hsmLineage,
    clusterId: clusterIn(made.holders) ?? '',
    storeId: record?.inStore?.id,
    made: made.time,
    erased: gone?.time,
  };
  return { id, lineage, stays: [], inHsm, leftHsms: [] };
}

const clusterIn = (holders: readonly Holder[]): string | undefined =>
  holders.find(({ place }) => place.startsWith('hsm:'))?.place.slice('hsm:'.length);

/** What HSMs' receipts say of material that was imported. */
const leftHsms = (lineage: readonly LineageRecord[], place: Place): readonly HsmMaterialName[] =>
  lineage.flatMap(({ arrival }) =>
    arrival?.from === undefined
      ? []
      : [
          {
            account: place.account,
            region: place.region,
            lineage: arrival.from.lineage,
            clusterId: arrival.from.clusterId,
            storeId: undefined,
            made: undefined,
            erased: undefined,
          },
        ],
  );

const begins = new Set<LineageRecord['event']>(['made', 'imported']);

/** Imported again while it was there, a material goes on where it was. */
export function staysOf(lineage: readonly LineageRecord[]): readonly Stay[] {
  const stays: Stay[] = [];
  for (const { event, time, eventId: entry } of lineage) {
    const last = stays.at(-1);
    const isOpen = last !== undefined && last.end === undefined;
    if (begins.has(event) && !isOpen) stays.push({ begin: { time, entry } });
    else if (!begins.has(event) && isOpen) stays.splice(-1, 1, { ...last, end: { time, entry } });
  }
  return stays;
}

/** Whether engine and store have it now. */
export const isPresent = ({ stays }: HeldMaterial): boolean => {
  const last = stays.at(-1);
  return last !== undefined && last.end === undefined;
};

/** Undefined while the account has stored no object under SSE-S3. */
export async function heldS3Root(rows: Rows, account: AccountId): Promise<HeldKey | undefined> {
  const row = await rows.get<{ readonly created: number }>('s3-root', account);
  if (row === undefined) return undefined;
  const material = {
    id: s3RootName(account),
    lineage: [],
    leftHsms: [],
    stays: [{ begin: { time: row.value.created, entry: 'CreateS3Root' } }],
  };
  return { fact: sseS3Name(account), account, materials: [material] };
}
