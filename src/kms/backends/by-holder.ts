/** Uses each material where it is held: the one place that chooses. */
import type { HsmMaterial, KeyBackend, MaterialHandle, TokenMaterial } from '../backend.ts';
import { reEncryptThrough } from './re-encrypt-through.ts';

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
    reEncrypt(source, ciphertext, sourceContext, destination, destinationContext) {
      const request = [source, ciphertext, sourceContext, destination, destinationContext] as const;
      if (source.heldBy === destination.heldBy) return of(source).reEncrypt(...request);
      return reEncryptThrough(of(source), of(destination), ...request);
    },
  };
}
