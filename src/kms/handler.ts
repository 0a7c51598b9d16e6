/**
 * The rows of the operation table. A row says what the pipeline and the wrapper in service.ts do before an
 * operation's own function runs: which member names the key and in which forms, in which states and with which
 * action it may be used, and which request parameters the journal shows.
 */

import type { Target } from '../core/call.ts';
import type { Json } from '../core/json.ts';
import type { KeyOrigin } from './key.ts';
import type { StoredKeyStore } from './key-store.ts';
import type { KeyForms } from './keys.ts';
import type { Kms, KmsCall, MaybePromise, StoredKey } from './kms.ts';
import type { StateRuleName } from './rules/key-states.ts';

interface Common {
  readonly action: `kms:${string}`;
  readonly readOnly: boolean;
  /** Input members that CloudTrail shows as request parameters. Never plaintext, ciphertext, keys or tokens. */
  readonly audit: readonly string[];
  /** Input members that are refused with UnsupportedOperationException until their part is built. */
  readonly unsupported?: readonly string[];
}

/** An operation on the key that one member names. */
export interface KeyRow<Input, Output> extends Common {
  readonly kind: 'key';
  readonly key: keyof Input & string;
  readonly forms: KeyForms;
  readonly state: StateRuleName;
  /** Of keys that have the operation; absent: all. */
  readonly origins?: readonly KeyOrigin[];
  run(input: Input, call: KmsCall, key: StoredKey, kms: Kms): MaybePromise<Output>;
}

/** An operation on the account and Region. */
export interface AccountRow<Input, Output> extends Common {
  readonly kind: 'account';
  run(input: Input, call: KmsCall, kms: Kms): MaybePromise<Output>;
}

/** An operation on the custom key store that CustomKeyStoreId names. */
export interface StoreRow<Input, Output> extends Common {
  readonly kind: 'store';
  run(input: Input, call: KmsCall, store: StoredKeyStore, kms: Kms): MaybePromise<Output>;
}

/** An operation that finds what it touches in its own way. The first target is the one in `action`. */
export interface CustomRow<Input, Output, Found> extends Common {
  readonly kind: 'custom';
  find(input: Input, call: KmsCall, kms: Kms): MaybePromise<Found>;
  targets(found: Found, call: KmsCall): readonly Target[];
  run(input: Input, call: KmsCall, found: Found, kms: Kms): MaybePromise<Output>;
}

export type OperationRow =
  | KeyRow<Record<string, Json>, unknown>
  | AccountRow<Record<string, Json>, unknown>
  | StoreRow<Record<string, Json>, unknown>
  | CustomRow<Record<string, Json>, unknown, unknown>;

/** Rows are typed where they are written and uniform in the table. */
export const onKey = <Input, Output>(row: Omit<KeyRow<Input, Output>, 'kind'>): OperationRow =>
  ({ kind: 'key', ...row }) as unknown as OperationRow;
export const onAccount = <Input, Output>(row: Omit<AccountRow<Input, Output>, 'kind'>): OperationRow =>
  ({ kind: 'account', ...row }) as unknown as OperationRow;
export const onStore = <Input, Output>(row: Omit<StoreRow<Input, Output>, 'kind'>): OperationRow =>
  ({ kind: 'store', ...row }) as unknown as OperationRow;
export const custom = <Input, Output, Found>(
  row: Omit<CustomRow<Input, Output, Found>, 'kind'>,
): OperationRow => ({ kind: 'custom', ...row }) as unknown as OperationRow;
