/**
 * Key material as stored: one row of table `material` a version, `<account>/<region>/<key id>/<material id>`,
 * holding the token that only the engine opens. Of a key in a custom key store nothing is stored but where it is, in the
 * key's own row.
 */

import { encodeBinding } from '../engine/protocol/binding.ts';
import { encodeName, SCHEME_HSM } from '../engine/protocol/ciphertext.ts';
import type { RowRef } from '../store/contract.ts';
import type { Rows, Stored } from '../store/rows-contract.ts';
import type { HsmMaterial, MaterialHandle } from './backend.ts';
import { materialBinding } from './backends/engine.ts';
import { invalidState } from './errors.ts';
import { arnOf, currentMaterial, type InStore, type KeyRecord, placePrefix } from './key.ts';
import type { MaybePromise } from './kms.ts';

export interface MaterialRow {
  /** Base64. */
  readonly token: string;
}

export const materialRow = (
  key: Pick<KeyRecord, 'account' | 'region' | 'id'>,
  materialId: string,
): RowRef => ({
  table: 'material',
  id: `${placePrefix(key)}${key.id}/${materialId}`,
});

export class Materials {
  readonly #rows: Rows;
  /** Decoded once for each version of a row. */
  readonly #handles = new WeakMap<MaterialRow, MaterialHandle>();
  /** Likewise for each version of a key's row. */
  readonly #inStores = new WeakMap<KeyRecord, HsmMaterial>();

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  current(key: KeyRecord): MaybePromise<MaterialHandle> {
    const found = this.find(key, currentMaterial(key).id);
    return found instanceof Promise ? found.then((later) => present(key, later)) : present(key, found);
  }

  /** Undefined when the key has no such material, or it was destroyed. */
  find(key: KeyRecord, materialId: string): MaybePromise<MaterialHandle | undefined> {
    if (key.inStore !== undefined) return this.#inStore(key, key.inStore, materialId);
    const { table, id } = materialRow(key, materialId);
    const cached = this.#rows.peek<MaterialRow>(table, id);
    if (cached !== undefined) return this.#handle(key, materialId, cached);
    return this.#rows
      .get<MaterialRow>(table, id)
      .then((stored) => stored && this.#handle(key, materialId, stored));
  }

  #handle(key: KeyRecord, materialId: string, stored: Stored<MaterialRow>): MaterialHandle {
    const known = this.#handles.get(stored.value);
    if (known !== undefined) return known;
    const handle: MaterialHandle = {
      heldBy: 'engine',
      keyArn: arnOf(key),
      materialId,
      binding: encodeBinding(materialBinding(key, materialId)),
      token: Buffer.from(stored.value.token, 'base64'),
    };
    this.#handles.set(stored.value, handle);
    return handle;
  }

  #inStore(key: KeyRecord, inStore: InStore, materialId: string): HsmMaterial | undefined {
    if (!key.materials.some(({ id }) => id === materialId)) return undefined;
    const known = this.#inStores.get(key);
    if (known !== undefined) return known;
    const { account, region } = key;
    const handle: HsmMaterial = {
      heldBy: 'hsm',
      keyArn: arnOf(key),
      materialId,
      store: { account, region, id: inStore.id },
      handle: inStore.handle,
      name: encodeName(SCHEME_HSM, { account, keyId: key.id, materialId }),
    };
    this.#inStores.set(key, handle);
    return handle;
  }
}

function present(key: KeyRecord, handle: MaterialHandle | undefined): MaterialHandle {
  // Deleted since the key's row was read.
  if (handle === undefined && key.origin === 'EXTERNAL')
    throw invalidState(`${arnOf(key)} is pending import.`);
  if (handle === undefined) throw new Error(`the current material of key ${key.id} is not in the store`);
  return handle;
}
