/**
 * Lineage of key material: append-only records of where a material was made, moved and destroyed, which the
 * custody report reads. Rows of table `lineage`, `<account>/<region>/<key id>/<material id>/<time>-<event>`, written
 * once and never deleted. What can happen more than once is `<time>-<version>-<event>`, where the version is that of the
 * key's row after the event: two of one millisecond stay in order.
 *
 * Beside them, `<account>/fingerprint/<fingerprint>/<region>/<key id>/<material id>`: where else an account has the same
 * material. No Region is named so. What an HSM wrapped out is in export-receipts.ts.
 */
import type { AccountId } from '../core/ids.ts';
import type { Rows, RowsChange, Stored } from '../store/rows-contract.ts';
import { scanAll } from '../store/scan-all.ts';
import type { Erasure } from './backend.ts';
import { joinChanges } from './change.ts';
import { type KeyRecord, placePrefix } from './key.ts';
import type { StoredKey } from './kms.ts';

/**
 * A place that holds the material, and what keeps it closed there (`clear` = nothing). `outside`: whoever sent
 * imported material in, and whoever had it before; nothing is known of them.
 */
export interface Holder {
  readonly place: 'engine' | 'store' | 'outside' | `hsm:${string}`;
  readonly under: 'clear' | 'domain-key' | 'hsm-key' | 'not-known';
}

/** How imported material came: hashes alone, since wrapped material is not kept. */
export interface Arrival {
  readonly wrappingAlgorithm: string;
  /** SHA-256 of the wrapped bytes, hexadecimal. */
  readonly wrappedHash: string;
  /** SHA-256 of the public key (SPKI, DER) that they were wrapped under, hexadecimal. */
  readonly publicKeyHash: string;
  /** The signed receipt of the HSM that wrapped it, base64; null when it came from outside. */
  readonly receipt: string | null;
  /** What the receipt says of the key that was wrapped. */
  readonly from?: WrappedOut;
}

/** A key that an HSM wrapped out. */
export interface WrappedOut {
  readonly clusterId: string;
  readonly hsmId: string;
  /** Of the material, kept by every copy of it in HSMs. */
  readonly lineage: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

export interface LineageRecord {
  /** `made` here; `imported`; `deleted` on demand and `expired`, of imported material; `destroyed` with its key. */
  readonly event: 'made' | 'imported' | 'deleted' | 'expired' | 'destroyed';
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** The journal entry that tells of it. */
  readonly eventId: string;
  /** What holds the material from this event on. */
  readonly holders: readonly Holder[];
  /** Equal for equal material within an account; empty where the material goes. */
  readonly fingerprint: string;
  /** On `imported`. */
  readonly arrival?: Arrival;
  /** On `made` in HSMs: what every copy of the material in HSMs is told by. */
  readonly hsmLineage?: string;
  /** On `destroyed` of such: what the HSM signed when it erased the key, base64; absent where none did. */
  readonly erasure?: string;
}

type KeyName = Pick<KeyRecord, 'account' | 'region' | 'id'>;

const HELD_BY_ENGINE: readonly Holder[] = [
  { place: 'engine', under: 'clear' },
  { place: 'store', under: 'domain-key' },
];
const OUTSIDE: readonly Holder[] = [{ place: 'outside', under: 'not-known' }];

export const lineagePrefix = (key: KeyName, materialId: string): string =>
  `${placePrefix(key)}${key.id}/${materialId}/`;

const sortable = (value: number): string => String(value).padStart(15, '0');

function record(key: KeyName, materialId: string, value: LineageRecord, keyVersion?: number): RowsChange {
  const time = sortable(value.time);
  const name = keyVersion === undefined ? value.event : `${sortable(keyVersion)}-${value.event}`;
  const id = `${lineagePrefix(key, materialId)}${time}-${name}`;
  return { put: [{ table: 'lineage', id, version: 1, value }] };
}

interface When {
  readonly time: number;
  readonly eventId: string;
}

export const materialMade = (
  key: KeyName,
  materialId: string,
  fingerprint: string,
  { time, eventId }: When,
): RowsChange =>
  joinChanges(
    record(key, materialId, { event: 'made', time, eventId, holders: HELD_BY_ENGINE, fingerprint }),
    { put: [{ ...fingerprintRow(key, materialId, fingerprint), version: 1, value: {} }] },
  );

/** Of material that nobody but the HSMs of a cluster has seen: it is told by their lineage, not by a fingerprint. */
export function materialMadeInHsm(
  key: KeyName,
  materialId: string,
  { clusterId, lineage }: { readonly clusterId: string; readonly lineage: string },
  { time, eventId }: When,
): RowsChange {
  const holders = [{ place: `hsm:${clusterId}`, under: 'hsm-key' }] as const;
  return record(key, materialId, {
    event: 'made',
    time,
    eventId,
    holders,
    fingerprint: '',
    hsmLineage: lineage,
  });
}

const fingerprintRow = ({ account, region, id }: KeyName, materialId: string, fingerprint: string) =>
  ({ table: 'lineage', id: `${account}/fingerprint/${fingerprint}/${region}/${id}/${materialId}` }) as const;

/** `before`: what an HSM's receipt says held it. Adds to what is on record of earlier imports. */
export async function materialImported(
  rows: Rows,
  { value: key, version }: StoredKey,
  { materialId, fingerprint }: { readonly materialId: string; readonly fingerprint: string },
  arrival: Arrival,
  before: readonly Holder[] | undefined,
  { time, eventId }: When,
): Promise<RowsChange> {
  const known = await holdersElsewhere(rows, key, materialId);
  const others = new Map([...known, ...(before ?? OUTSIDE)].map((holder) => [holder.place, holder]));
  const holders = [...HELD_BY_ENGINE, ...others.values()];
  const value = { event: 'imported', time, eventId, holders, fingerprint, arrival } as const;
  const row = fingerprintRow(key, materialId, fingerprint);
  const listed = await rows.get(row.table, row.id);
  const found = listed === undefined ? { put: [{ ...row, version: 1, value: {} }] } : {};
  return joinChanges(record(key, materialId, value, version + 1), found);
}

/** The material leaves engine and store; who else has it keeps it. */
export async function materialGone(
  rows: Rows,
  { value: key, version }: StoredKey,
  materialId: string,
  event: 'deleted' | 'expired' | 'destroyed',
  { time, eventId }: When,
  erasure?: Erasure,
): Promise<RowsChange> {
  const elsewhere = await holdersElsewhere(rows, key, materialId);
  const holders = elsewhere.filter(({ place }) => !(erasure?.everywhere && place.startsWith('hsm:')));
  const signed = erasure === undefined ? {} : { erasure: erasure.receipt };
  const value = { event, time, eventId, holders, fingerprint: '', ...signed };
  return record(key, materialId, value, event === 'destroyed' ? undefined : version + 1);
}

const isElsewhere = ({ place }: Holder): boolean => place !== 'engine' && place !== 'store';

/** Everybody outside of engine and store who is on record, since nothing here can take it from them. */
async function holdersElsewhere(rows: Rows, key: KeyName, materialId: string): Promise<readonly Holder[]> {
  const found = new Map<string, Holder>();
  for await (const { value } of scanAll<Stored<LineageRecord>>(
    rows,
    'lineage',
    lineagePrefix(key, materialId),
  ))
    for (const holder of value.holders.filter(isElsewhere)) found.set(holder.place, holder);
  return [...found.values()];
}

/** All records of a key's materials, each material's in their order; also of a key that is destroyed. */
export async function lineageOf(
  rows: Rows,
  key: KeyName,
): Promise<ReadonlyMap<string, readonly LineageRecord[]>> {
  const prefix = `${placePrefix(key)}${key.id}/`;
  const found = new Map<string, LineageRecord[]>();
  for await (const { id, value } of scanAll<Stored<LineageRecord>>(rows, 'lineage', prefix)) {
    const materialId = id.slice(prefix.length).split('/')[0] ?? '';
    const records = found.get(materialId) ?? [];
    found.set(materialId, [...records, value]);
  }
  return found;
}

/** `<region>/<key id>/<material id>` of every material of the account that is the same. */
export async function sameMaterial(
  rows: Rows,
  account: AccountId,
  fingerprint: string,
): Promise<readonly string[]> {
  const prefix = `${account}/fingerprint/${fingerprint}/`;
  return Array.fromAsync(scanAll<Stored<object>>(rows, 'lineage', prefix), ({ id }) =>
    id.slice(prefix.length),
  );
}
