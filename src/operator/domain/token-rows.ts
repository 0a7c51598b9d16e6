/** The tables whose rows hold a token, and where in the row it is. */

import type { Binding } from '../../engine/protocol/binding.ts';
import type { AccessKey } from '../../identity/access-keys.ts';
import { accessKeyBinding } from '../../identity/access-keys.ts';
import { materialBinding } from '../../kms/backends/engine.ts';
import { importKeyBinding } from '../../kms/backends/engine-imports.ts';
import type { ImportKeyRow } from '../../kms/import-keys.ts';
import type { KeyRecord } from '../../kms/key.ts';
import { credentialBinding, type KeyStoreRecord } from '../../kms/key-store.ts';
import { type S3Root, s3RootBinding } from '../../storage/envelope/s3-root.ts';
import type { Rows, Stored } from '../../store/rows-contract.ts';

/** What every row with a token has. */
export interface TokenRow {
  /** Base64. */
  readonly token: string;
}

/** In the order in which a rotation goes through them. */
export const tokenTables = ['material', 'access-key', 'import-key', 's3-root', 'store-credential'] as const;
export type TokenTable = (typeof tokenTables)[number];

export const isTokenTable = (table: string): table is TokenTable =>
  (tokenTables as readonly string[]).includes(table);

export const tokenOf = (row: TokenRow): Buffer => Buffer.from(row.token, 'base64');

type FindBinding = (row: Stored<TokenRow>, rows: Rows) => Promise<Binding | undefined>;

/** What the token of a row is bound to; undefined when the row is of no key that there is. */
export const bindingOf: Readonly<Record<TokenTable, FindBinding>> = {
  async material({ id }, rows) {
    const [key, materialId] = await keyAndPart(id, rows);
    return key && materialBinding(key.value, materialId);
  },
  async 'access-key'({ id, value }) {
    return accessKeyBinding(id, (value as AccessKey).account);
  },
  async 'import-key'({ id, value }, rows) {
    const [key, hash] = await keyAndPart(id, rows);
    return key && importKeyBinding(key.value, value as ImportKeyRow, hash);
  },
  async 'store-credential'({ id }, rows) {
    const store = await rows.get<KeyStoreRecord>('key-store', id.slice(0, id.lastIndexOf('/')));
    return store && credentialBinding(store.value);
  },
  async 's3-root'({ id, value }) {
    return s3RootBinding(id, value as S3Root);
  },
};

/** Of a row of `<key row>/<part>`. */
async function keyAndPart(id: string, rows: Rows) {
  const end = id.lastIndexOf('/');
  return [await rows.get<KeyRecord>('key', id.slice(0, end)), id.slice(end + 1)] as const;
}
