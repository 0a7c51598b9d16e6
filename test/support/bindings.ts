/** Bindings for tests of engines and tokens. */

import { type Binding, encodeBinding } from '../../src/engine/protocol/binding.ts';
import type { Engine } from '../../src/engine/protocol/messages.ts';

export const keyBinding: Binding = {
  kind: 'key-material',
  partition: 'aws',
  account: '111122223333',
  region: 'eu-central-1',
  keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
  materialId: '',
  keySpec: 'SYMMETRIC_DEFAULT',
  usage: 'ENCRYPT_DECRYPT',
  origin: 'AWS_KMS',
};

export const accessKeyBinding: Binding = {
  ...keyBinding,
  kind: 'access-key-secret',
  region: '*',
  keyId: 'AKIAIOSFODNN7EXAMPLE',
  keySpec: '',
  usage: '',
  origin: '',
};

export interface TestKey {
  /** Encoded. */
  readonly binding: Buffer;
  readonly token: Uint8Array;
  readonly materialId: string;
  readonly facts: Binding;
}

export async function createKey(engine: Pick<Engine, 'call'>, facts: Binding = keyBinding): Promise<TestKey> {
  const { token, materialId } = await engine.call('createMaterial', { binding: encodeBinding(facts) });
  const complete = { ...facts, materialId };
  return { binding: encodeBinding(complete), token, materialId, facts: complete };
}
