/** Uses each material where it is held: the one place that chooses. */
import type { KeyUse } from '../../core/call.ts';
import type { HsmMaterial, KeyBackend, MaterialHandle, TokenMaterial } from '../backend.ts';

export function byHolder(engine: KeyBackend<TokenMaterial>, hsm: KeyBackend<HsmMaterial>): KeyBackend {
  /** Both are of one kind of holder, whatever kind that is. */
  const of = (material: MaterialHandle) =>
    (material.heldBy === 'engine' ? engine : hsm) as unknown as KeyBackend;
  return {
    encrypt: (material, plaintext, context) => of(material).encrypt(material, plaintext, context),
    decrypt: (material, ciphertext, context) => of(material).decrypt(material, ciphertext, context),
    check: (material, ciphertext, context) => of(material).check(material, ciphertext, context),
    generateDataKey: (material, length, context, withPlaintext) =>
      of(material).generateDataKey(material, length, context, withPlaintext),
    destroy: (material) => of(material).destroy(material),
    async reEncrypt(source, ciphertext, sourceContext, destination, destinationContext) {
      if (source.heldBy === destination.heldBy)
        return of(source).reEncrypt(source, ciphertext, sourceContext, destination, destinationContext);
      // From one to the other it passes through here, and is erased at once.
      const { plaintext, use } = await of(source).decrypt(source, ciphertext, sourceContext);
      try {
        const sealed = await of(destination).encrypt(destination, plaintext, destinationContext);
        const uses: readonly [KeyUse, KeyUse] = [use, sealed.use];
        return { ciphertext: sealed.ciphertext, uses };
      } finally {
        plaintext.fill(0);
      }
    },
  };
}
