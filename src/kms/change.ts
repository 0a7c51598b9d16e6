/** Pieces of a RowsChange, joined into the one commit of a call. */
import type { RowsChange } from '../store/rows-contract.ts';
import { type KeyRecord, keyRow } from './key.ts';
import type { StoredKey } from './kms.ts';

export const putNewKey = (value: KeyRecord): RowsChange => ({
  put: [{ ...keyRow(value, value.id), version: 1, value }],
});

export const replaceKey = (stored: StoredKey, value: KeyRecord): RowsChange => ({
  put: [{ ...keyRow(value, value.id), version: stored.version + 1, value }],
});

export const putKey = (stored: StoredKey, change: Partial<KeyRecord>): RowsChange =>
  replaceKey(stored, { ...stored.value, ...change });

/**
 * Goes with an alias that a key gets: writes the key as it is, so that no two aliases are counted at one time, and
 * none is made for a key that was destroyed since it was read.
 */
export const newAliasOf = (stored: StoredKey): RowsChange => putKey(stored, {});

export function joinChanges(...parts: readonly RowsChange[]): RowsChange {
  return {
    expect: parts.flatMap((part) => part.expect ?? []),
    put: parts.flatMap((part) => part.put ?? []),
    delete: parts.flatMap((part) => part.delete ?? []),
  };
}
