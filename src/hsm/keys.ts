/** Keys: who may use them for what, and what is told of them. */
import { createCipheriv, createHash, type KeyObject, randomBytes } from 'node:crypto';
import type { ValueOf } from './objects.ts';
import { HsmError } from './protocol/errors.ts';
import {
  type KeyOrigin,
  type KeyUsage,
  keyOrigins,
  keyUsages,
  LABEL,
  MAX_EXPORTS,
  MAX_EXPORTS_OF_KEY,
  MAX_KEYS,
} from './protocol/values.ts';
import type { Unlocked } from './unlocked.ts';

export type Key = ValueOf<'key'>;

const HANDLE_SIZE = 8;
const LINEAGE_SIZE = 16;
export const AES_KEY_SIZE = 32;

export interface NewKey {
  readonly label: string;
  readonly usage: KeyUsage;
  readonly origin: KeyOrigin;
  readonly extractable: boolean;
  readonly material: KeyObject;
}

export class Keys {
  readonly #hsm: Unlocked;

  constructor(hsm: Unlocked) {
    this.#hsm = hsm;
  }

  /**
   * A key that the user owns or shares in, for one usage. Throws `not-found` (also for what is somebody else's),
   * `key-usage`, `tampered`.
   */
  forUse(handle: string, user: string, usage: KeyUsage): Key {
    const key = this.#visible(handle, user);
    if (keyUsages[key.usage] !== usage)
      throw new HsmError('key-usage', `the key is for ${keyUsages[key.usage]}, not for ${usage}`);
    this.#hsm.requireWhole('key', handle);
    return key;
  }

  visible(handle: string, user: string): Key {
    const key = this.#visible(handle, user);
    this.#hsm.requireWhole('key', handle);
    return key;
  }

  /** Throws `not-allowed` for one who shares in it only. */
  owned(handle: string, user: string): Key {
    const key = this.visible(handle, user);
    if (key.owner !== user) throw new HsmError('not-allowed', 'only the owner of the key may do this');
    return key;
  }

  /** By handle, after the one named. */
  find(user: string, label: string, after: string, limit: number): readonly (readonly [string, Key])[] {
    return [...this.#hsm.vault.entries('key')]
      .filter(([handle, key]) => handle > after && (label === '' || key.label === label))
      .filter(([handle, key]) => this.#mayUse(handle, key, user))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, limit);
  }

  /** Throws `refused`, `full`. */
  requireRoom(label: string): void {
    if (!LABEL.test(label)) throw new HsmError('refused', 'a label has 1 to 126 printable ASCII characters');
    if (this.#hsm.vault.count('key') >= MAX_KEYS) throw new HsmError('full', 'there are 3,300 keys');
  }

  info(handle: string, key: Key) {
    const { material: _, ...told } = key;
    return {
      handle,
      ...told,
      sharedWith: this.sharees(handle),
      exports: this.exports(handle).length,
      uses: this.#hsm.uses.total(handle),
    };
  }

  sharees(handle: string): readonly string[] {
    return this.#ofHandle('share', handle).map(([id]) => id.slice(handle.length + 1));
  }

  /** Throws `full`: receipts are never removed, and have to fit into a backup. */
  requireRoomForExport(handle: string): void {
    if (this.exports(handle).length >= MAX_EXPORTS_OF_KEY || this.#hsm.vault.count('export') >= MAX_EXPORTS)
      throw new HsmError('full', 'a key is wrapped at most 100 times, all keys of a cluster 10,000 times');
  }

  /** Receipts, in the order of what they are of. */
  exports(handle: string): readonly Uint8Array[] {
    return this.#ofHandle('export', handle).map(([, { receipt }]) => receipt);
  }

  #ofHandle<K extends 'share' | 'export'>(
    kind: K,
    handle: string,
  ): readonly (readonly [string, ValueOf<K>])[] {
    return [...this.#hsm.vault.entries(kind)].filter(([id]) => id.startsWith(`${handle}/`));
  }

  #visible(handle: string, user: string): Key {
    const key = this.#hsm.vault.get('key', handle);
    if (key === undefined || !this.#mayUse(handle, key, user))
      throw new HsmError('not-found', 'the user has no key of this handle');
    return key;
  }

  /** "Public keys are visible to all" (CloudHSM user guide). */
  #mayUse(handle: string, key: Key, user: string): boolean {
    if (key.owner === user || key.material.type === 'public') return true;
    return this.#hsm.vault.get('share', `${handle}/${user}`) !== undefined;
  }
}

export const newHandle = (): string => randomBytes(HANDLE_SIZE).toString('hex');

export const keyOf = (owner: string, { usage, origin, ...rest }: NewKey): Key => ({
  ...rest,
  owner,
  usage: keyUsages.indexOf(usage),
  origin: keyOrigins.indexOf(origin),
  neverExtractable: origin === 'generated' && !rest.extractable,
  created: Date.now(),
  lineage: randomBytes(LINEAGE_SIZE).toString('hex'),
  checkValue: checkValue(rest.material),
});

/** PKCS #11 v3.1, section 4.10.2 (CKA_CHECK_VALUE) for AES keys. */
function checkValue(material: KeyObject): Buffer {
  if (material.type !== 'secret') {
    const der = material.export({ type: 'spki', format: 'der' });
    return createHash('sha256').update(der).digest().subarray(0, 3);
  }
  const cipher = createCipheriv('aes-256-ecb', material, null);
  return cipher.update(Buffer.alloc(16)).subarray(0, 3);
}
