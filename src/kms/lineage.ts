/**
 * Lineage of key material: append-only records of where a material was made, moved and destroyed, which the
 * custody report reads. Rows of table `lineage`, `<account>/<region>/<key id>/<material id>/<time>-<event>`,
 * written once and never deleted.
 */
import type { RowsChange } from '../store/rows-contract.ts';
import { type KeyRecord, placePrefix } from './key.ts';

/** A place that holds the material, and what keeps it closed there (`clear` = nothing). */
export interface Holder {
  readonly place: 'engine' | 'store';
  readonly under: 'clear' | 'domain-key';
}

export interface LineageRecord {
  readonly event: 'made' | 'destroyed';
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** The journal entry that tells of it. */
  readonly eventId: string;
  /** What holds the material from this event on. */
  readonly holders: readonly Holder[];
  /** Equal for equal material within an account; empty on `destroyed`. */
  readonly fingerprint: string;
}

type KeyName = Pick<KeyRecord, 'account' | 'region' | 'id'>;

const HELD_BY_ENGINE: readonly Holder[] = [
  { place: 'engine', under: 'clear' },
  { place: 'store', under: 'domain-key' },
];

export const lineagePrefix = (key: KeyName, materialId: string): string =>
  `${placePrefix(key)}${key.id}/${materialId}/`;

function record(key: KeyName, materialId: string, value: LineageRecord): RowsChange {
  const time = String(value.time).padStart(15, '0');
  const id = `${lineagePrefix(key, materialId)}${time}-${value.event}`;
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
  record(key, materialId, { event: 'made', time, eventId, holders: HELD_BY_ENGINE, fingerprint });

export const materialDestroyed = (key: KeyName, materialId: string, { time, eventId }: When): RowsChange =>
  record(key, materialId, { event: 'destroyed', time, eventId, holders: [], fingerprint: '' });
