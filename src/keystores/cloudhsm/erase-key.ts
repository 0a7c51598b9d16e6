/**
 * Deletes keys in the HSMs, as far as they can be reached: material may stay in HSMs that are down, and stays in the
 * cluster's backups (KMS developer guide, "Deleting KMS keys from an AWS CloudHSM key store").
 */
import { must, parseKeyId } from '../../core/ids.ts';
import { HsmError } from '../../hsm/protocol/errors.ts';
import type { Erasure, HsmMaterial } from '../../kms/backend.ts';
import { isConnected } from '../../kms/key-store.ts';
import type { Keys } from '../../kms/keys.ts';
import type { OrphanTimer } from '../../kms/timers.ts';
import type { Connections } from './connections.ts';
import { readStoreReceipt } from './receipt.ts';
import type { StoreParts } from './stores.ts';

/** Undefined when no HSM could be asked, or none has the key: then there is nothing signed to keep. */
export async function eraseKey(
  { store, handle }: HsmMaterial,
  connections: Connections,
): Promise<Erasure | undefined> {
  try {
    const pool = await connections.pool(store);
    const { receipt } = await pool.run(({ connection }) => connection.call('deleteKey', { handle }));
    const said = readStoreReceipt(receipt, pool.trusted);
    const everywhere = said.type === 'deletion' && said.handle === handle && said.notReached.length === 0;
    return { receipt: Buffer.from(receipt).toString('base64'), everywhere };
  } catch (error) {
    if (error instanceof HsmError) return undefined;
    throw error;
  }
}

const ORPHAN_AGAIN_MS = 3_600_000;
const PAGE = 10;

/** What was made in the HSMs for a KMS key that then did not come to be. */
export async function dropOrphan(timer: OrphanTimer, keys: Keys, parts: StoreParts): Promise<void> {
  const { storeId, keyId } = timer;
  const id = must(parseKeyId(keyId), 'key id');
  if ((await keys.get(timer, id)) !== undefined) return;
  const stored = await parts.keyStores.get(timer, storeId);
  if (stored === undefined) return;
  if (!isConnected(stored.value)) {
    const due = parts.clock.now() + ORPHAN_AGAIN_MS;
    return parts.rows.commit(parts.timers.dropOrphanAt(stored.value, keyId, due));
  }
  const pool = await parts.connections.pool(stored.value);
  await pool.run(async ({ connection }) => {
    const { keys: found } = await connection.call('findKeys', { label: keyId, after: '', limit: PAGE });
    for (const { handle } of found) await connection.call('deleteKey', { handle });
  });
}
