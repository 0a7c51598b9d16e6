/** What each key spec is, and what a token with it may be used for. Nothing else decides by key spec. */
import { parseAccountId, parseKeyId, parseRegion } from '../../core/ids.ts';
import type { Binding } from '../protocol/binding.ts';
import { EngineError } from '../protocol/messages.ts';

export interface KeySpec {
  readonly family: 'symmetric';
  /** Bytes of key material. */
  readonly size: number;
  readonly usages: readonly string[];
  readonly origins: readonly string[];
}

const keySpecs: Readonly<Record<string, KeySpec>> = Object.assign(Object.create(null), {
  SYMMETRIC_DEFAULT: {
    family: 'symmetric',
    size: 32,
    usages: ['ENCRYPT_DECRYPT'],
    origins: ['AWS_KMS', 'EXTERNAL'],
  },
} satisfies Record<string, KeySpec>);

const MULTI_REGION = 'mrk-';

/** The spec of material of this origin that is to be made. Throws `refused`. */
export function newMaterialSpec(binding: Binding, origin: 'AWS_KMS' | 'EXTERNAL'): KeySpec {
  const spec = keySpecOf(binding);
  if (binding.materialId !== '') throw new EngineError('refused', 'new material has no id yet');
  if (binding.origin !== origin)
    throw new EngineError('refused', 'material of this origin is made otherwise');
  return spec;
}

/** The spec of key material that this binding may name. Throws `refused`. */
export function keySpecOf(binding: Binding): KeySpec {
  const spec = keySpecs[binding.keySpec];
  const allowed =
    binding.kind === 'key-material' &&
    spec?.usages.includes(binding.usage) === true &&
    spec.origins.includes(binding.origin) &&
    parseAccountId(binding.account) !== undefined &&
    parseKeyId(binding.keyId) !== undefined &&
    regionFits(binding);
  if (!allowed) throw new EngineError('refused', 'the binding allows no such use');
  return spec;
}

/** A multi-Region key's material belongs to no Region, any other key's to one. */
export function regionFits({ keyId, region }: Pick<Binding, 'keyId' | 'region'>): boolean {
  return keyId.startsWith(MULTI_REGION) ? region === '*' : parseRegion(region) !== undefined;
}
