/** Import of key material by the engine, which alone holds the private keys that it is wrapped under. */
import { PARTITION } from '../../core/ids.ts';
import { type Binding, encodeBinding } from '../../engine/protocol/binding.ts';
import type { Engine } from '../../engine/protocol/messages.ts';
import type { ImportBackend, Wrapping } from '../backend.ts';
import type { KeyRecord } from '../key.ts';
import { materialBinding } from './engine.ts';

/** An import key is bound to its KMS key, to how material is wrapped, and to its own public key. */
export const importKeyBinding = (
  key: Pick<KeyRecord, 'id' | 'account' | 'region' | 'multiRegion'>,
  wrapping: Wrapping,
  publicKeyHash: string,
): Binding => ({
  kind: 'import-key',
  partition: PARTITION,
  account: key.account,
  region: key.multiRegion ? '*' : key.region,
  keyId: key.id,
  materialId: publicKeyHash,
  keySpec: wrapping.keySpec,
  usage: wrapping.algorithm,
  origin: 'EXTERNAL',
});

/** No row is of this table: a token's MAC is of nothing else. */
const TOKEN_TABLE = 'import-token';
const tokenRow = (id: string, content: Uint8Array) => ({ table: TOKEN_TABLE, id, version: 1, content });

export function engineImports(engine: Engine): ImportBackend {
  return {
    async createKey(key, wrapping) {
      const binding = encodeBinding(importKeyBinding(key, wrapping, ''));
      return { ...wrapping, ...(await engine.call('createImportKey', { binding })) };
    },
    async importMaterial(key, { publicKeyHash, token, ...wrapping }, wrapped, expected) {
      return engine.call('importMaterial', {
        binding: encodeBinding(materialBinding(key, '')),
        importBinding: encodeBinding(importKeyBinding(key, wrapping, publicKeyHash)),
        importToken: token,
        wrapped,
        ...expected,
      });
    },
    async authenticate(name, content) {
      const { macs } = await engine.call('authenticateRows', { rows: [tokenRow(name, content)] });
      const [mac] = macs;
      if (mac === undefined) throw new Error('the engine gave no MAC for an import token');
      return mac;
    },
    async isAuthentic(name, content, mac) {
      const { valid } = await engine.call('verifyRows', { rows: [{ ...tokenRow(name, content), mac }] });
      return valid[0] === true;
    },
  };
}
