/** A KMS key's material, made in the HSMs: AES-256, of `kmsuser`, never extractable. Its label is the id of the KMS key. */
import { createHash } from 'node:crypto';
import type { KeyId } from '../../core/ids.ts';
import { HsmError } from '../../hsm/protocol/errors.ts';
import type { ReplyOf } from '../../hsm/protocol/messages.ts';
import { type KeyUsage, keyOrigins, keyUsages } from '../../hsm/protocol/values.ts';
import type { NewHsmMaterial } from '../../kms/backend.ts';
import { storeInvalidState } from '../../kms/errors.ts';
import { type KeyStoreRecord, KMS_USER } from '../../kms/key-store.ts';
import { tooFewHsms } from '../../kms/rules/key-stores.ts';
import type { Connections } from './connections.ts';
import type { Login } from './login.ts';

type HsmKey = ReplyOf<'generateKey'>['key'];

const USAGE = keyUsages.indexOf('kms' satisfies KeyUsage);

export async function makeKey(
  store: KeyStoreRecord,
  keyId: KeyId,
  connections: Connections,
): Promise<NewHsmMaterial> {
  try {
    const pool = await connections.pool(store);
    let begun = false;
    const key = await pool.run(async (login) => {
      // After a reply that was lost the key may be there.
      const found = begun ? await findKey(login, keyId) : undefined;
      begun = true;
      return found ?? (await generate(login, keyId));
    });
    requireNeverExtractable(key);
    const { handle, lineage } = key;
    return { materialId: hsmMaterialId(keyId, lineage), handle, lineage };
  } catch (error) {
    if (!(error instanceof HsmError)) throw error;
    if (error.code === 'members-down') throw tooFewHsms(store.clusterId);
    throw storeInvalidState(`Custom key store ${store.id} cannot make a key: ${error.message}.`);
  }
}

async function generate({ connection }: Login, label: KeyId): Promise<HsmKey> {
  return (await connection.call('generateKey', { label, usage: USAGE, extractable: false })).key;
}

async function findKey({ connection }: Login, label: KeyId): Promise<HsmKey | undefined> {
  const { keys } = await connection.call('findKeys', { label, after: '', limit: 1 });
  return keys[0];
}

function requireNeverExtractable({ neverExtractable, owner, origin, usage }: HsmKey): void {
  if (!neverExtractable || owner !== KMS_USER || keyOrigins[origin] !== 'generated' || usage !== USAGE)
    throw new Error('an HSM made another key than was asked for');
}

/** Names the material within its key; of the bytes, which nobody sees, it says nothing. */
export const hsmMaterialId = (keyId: string, lineage: string): string =>
  createHash('sha256').update(`lockholm/hsm-material/1\0${keyId}\0${lineage}`).digest('hex');
