/**
 * Import keys: RSA private keys under which material for one KMS key may be sent in, for a day and once. Rows of
 * table `import-key`, `<account>/<region>/<key id>/<hash of the public key>`, which no backup has.
 */
import { DAY_MS } from '../core/clock.ts';
import type { RowRef } from '../store/contract.ts';
import type { Rows, RowsChange, Stored } from '../store/rows-contract.ts';
import { scanAll } from '../store/scan-all.ts';
import type { ImportBackend, ImportKey, Wrapping } from './backend.ts';
import { expiredImportToken, invalidImportToken, throttled } from './errors.ts';
import { encodeImportToken, parseImportToken } from './import-token.ts';
import { type KeyRecord, keyRow } from './key.ts';
import type { StoredKey } from './kms.ts';
import type { Timers } from './timers.ts';

/** KMS API reference, "GetParametersForImport". */
const VALID_MS = DAY_MS;
/** Key pairs being made at one time: each takes a processor for up to seconds. */
const MAX_UNDER_WAY = 4;

export interface ImportKeyRow extends Wrapping {
  /** Base64. */
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly validTo: number;
}
export interface FoundImportKey {
  readonly importKey: ImportKey;
  /** Rows' part of the commit that spends it. */
  readonly spend: RowsChange;
}

const importKeyRow = (key: Pick<KeyRecord, 'account' | 'region' | 'id'>, publicKeyHash: string): RowRef => ({
  table: 'import-key',
  id: `${keyRow(key, key.id).id}/${publicKeyHash}`,
});

export class ImportKeys {
  readonly #rows: Rows;
  readonly #backend: ImportBackend;
  readonly #timers: Timers;
  #underWay = 0;

  constructor(rows: Rows, backend: ImportBackend, timers: Timers) {
    this.#rows = rows;
    this.#backend = backend;
    this.#timers = timers;
  }

  /** A new one for the key as it is now: the change is a conflict when the key has changed meanwhile. */
  async create({ value: key, version }: StoredKey, wrapping: Wrapping, time: number) {
    const { publicKey, publicKeyHash, token } = await this.#make(key, wrapping);
    const validTo = time + VALID_MS;
    const ref = importKeyRow(key, publicKeyHash);
    const content = encodeImportToken({ ...wrapping, validTo, publicKeyHash });
    const mac = await this.#backend.authenticate(ref.id, content);
    const value: ImportKeyRow = { ...wrapping, token: Buffer.from(token).toString('base64'), validTo };
    const change: RowsChange = {
      expect: [{ ...keyRow(key, key.id), version }],
      put: [
        { ...ref, version: 1, value },
        ...(this.#timers.dropImportKeyAt(key, publicKeyHash, validTo).put ?? []),
      ],
    };
    return { publicKey, publicKeyHash, importToken: Buffer.concat([content, mac]), validTo, change };
  }

  /** The import key that a caller's token names, for this key at `time`. Rejects with what AWS answers otherwise. */
  async find(key: KeyRecord, token: Uint8Array, time: number): Promise<FoundImportKey> {
    const parsed = parseImportToken(token);
    if (parsed === undefined) throw invalidImportToken('The import token is not valid.');
    const { facts, content, mac } = parsed;
    const ref = importKeyRow(key, facts.publicKeyHash);
    if (!(await this.#backend.isAuthentic(ref.id, content, mac)))
      throw invalidImportToken('The import token is not valid, or is associated with a different KMS key.');
    if (facts.validTo <= time) throw expiredImportToken('The import token is expired.');
    const stored = await this.#rows.get<ImportKeyRow>(ref.table, ref.id);
    if (stored === undefined)
      throw invalidImportToken(
        'The import token was used already, or is of before the restoration of a backup.',
      );
    const { keySpec, algorithm } = stored.value;
    return {
      importKey: {
        keySpec,
        algorithm,
        publicKeyHash: facts.publicKeyHash,
        token: Buffer.from(stored.value.token, 'base64'),
      },
      spend: { delete: [{ ...ref, version: stored.version }] },
    };
  }

  /** Rows' part of a commit that drops one; nothing when it is spent. */
  async drop(
    key: Pick<KeyRecord, 'account' | 'region' | 'id'>,
    publicKeyHash: string,
  ): Promise<RowsChange | undefined> {
    const ref = importKeyRow(key, publicKeyHash);
    const stored = await this.#rows.get(ref.table, ref.id);
    return stored && { delete: [{ ...ref, version: stored.version }] };
  }

  /** Rows' part of a commit that drops all of a key. */
  async dropAll(key: KeyRecord): Promise<RowsChange> {
    const found = scanAll<Stored<ImportKeyRow>>(this.#rows, 'import-key', `${keyRow(key, key.id).id}/`);
    return {
      delete: await Array.fromAsync(found, ({ id, version }) => ({ table: 'import-key', id, version })),
    };
  }

  async #make(key: KeyRecord, wrapping: Wrapping) {
    if (this.#underWay >= MAX_UNDER_WAY)
      throw throttled(
        'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
      );
    this.#underWay += 1;
    try {
      return await this.#backend.createKey(key, wrapping);
    } finally {
      this.#underWay -= 1;
    }
  }
}
