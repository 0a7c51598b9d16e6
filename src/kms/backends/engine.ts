/** Keys of origins AWS_KMS and EXTERNAL: material as tokens that only the engine opens. */
import { PARTITION } from '../../core/ids.ts';
import { type Binding, encodeBinding } from '../../engine/protocol/binding.ts';
import type { Engine } from '../../engine/protocol/messages.ts';
import type { KeyBackend, KeyMaker, TokenMaterial } from '../backend.ts';
import type { KeyRecord } from '../key.ts';

/** A multi-Region key's material is bound to no Region, so that its replicas can use it. */
export function materialBinding(
  key: Pick<KeyRecord, 'id' | 'account' | 'region' | 'multiRegion' | 'keySpec' | 'usage' | 'origin'>,
  materialId: string,
): Binding {
  return {
    kind: 'key-material',
    partition: PARTITION,
    account: key.account,
    region: key.multiRegion ? '*' : key.region,
    keyId: key.id,
    materialId,
    keySpec: key.keySpec,
    usage: key.usage,
    origin: key.origin,
  };
}

/** A key of any other origin gets its material otherwise. */
export const engineMaker = (engine: Engine): KeyMaker => ({
  async create(key) {
    const binding = encodeBinding(materialBinding(key, ''));
    const made = await engine.call('createMaterial', { binding });
    return { materialId: made.materialId, token: made.token, fingerprint: made.fingerprint };
  },
});

export function engineBackend(engine: Engine): KeyBackend<TokenMaterial> {
  const used = (material: TokenMaterial, counter: number) => ({
    keyArn: material.keyArn,
    materialId: material.materialId,
    session: engine.session,
    counter,
  });
  return {
    async encrypt(material, plaintext, context) {
      const { binding, token } = material;
      const reply = await engine.call('encrypt', { binding, token, plaintext, context });
      return { ciphertext: reply.ciphertext, use: used(material, reply.counter) };
    },
    async decrypt(material, ciphertext, context) {
      const { binding, token } = material;
      const reply = await engine.call('decrypt', { binding, token, ciphertext, context, check: false });
      return { plaintext: reply.plaintext, use: used(material, reply.counter) };
    },
    async reEncrypt(source, ciphertext, sourceContext, destination, destinationContext) {
      const reply = await engine.call('reEncrypt', {
        sourceBinding: source.binding,
        sourceToken: source.token,
        ciphertext,
        sourceContext,
        destinationBinding: destination.binding,
        destinationToken: destination.token,
        destinationContext,
      });
      return {
        ciphertext: reply.ciphertext,
        uses: [used(source, reply.sourceCounter), used(destination, reply.destinationCounter)],
      };
    },
    async check({ binding, token }, ciphertext, context) {
      await engine.call('decrypt', { binding, token, ciphertext, context, check: true });
    },
    async generateDataKey(material, length, context, withPlaintext) {
      const { binding, token } = material;
      const reply = await engine.call('generateDataKey', { binding, token, length, context, withPlaintext });
      return { plaintext: reply.plaintext, ciphertext: reply.ciphertext, use: used(material, reply.counter) };
    },
    async destroy({ binding, token }) {
      await engine.call('forget', { binding, token });
      return undefined;
    },
  };
}
