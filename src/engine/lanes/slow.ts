/** The slow lane: generates keys and secrets, and alone changes the domain state. */
import { randomBytes } from 'node:crypto';
import { generateAccessKeySecret } from '../algorithms/access-key/generate.ts';
import { requireAccessKey } from '../algorithms/access-key/rule.ts';
import { keySpecOf } from '../algorithms/key-specs.ts';
import type { Domain } from '../domain.ts';
import { GCM_NONCE_SIZE } from '../gcm.ts';
import { fingerprint, materialId } from '../material-ids.ts';
import { encodeBinding, type TokenKind } from '../protocol/binding.ts';
import { EngineError } from '../protocol/messages.ts';
import { openToken, readBinding, sealToken } from '../tokens.ts';
import type { Handlers } from './lane.ts';

/** Resolves when the other engine has the state or there is no other engine. */
export type PushDomain = (blob: Buffer) => Promise<void>;

type SlowNames =
  | 'createDomain'
  | 'loadDomain'
  | 'rotateDomainKey'
  | 'retireDomainKeys'
  | 'describeDomain'
  | 'createMaterial'
  | 'createAccessKey'
  | 'rewrapTokens';

export function slowLane(domain: Domain, push: PushDomain): Handlers<SlowNames> {
  const seal = (kind: TokenKind, binding: Uint8Array, secret: Buffer): Buffer =>
    sealToken(domain.state.current, kind, binding, secret, randomBytes(GCM_NONCE_SIZE));
  return {
    createDomain: () => domain.proposeFirst(),
    async loadDomain({ blob }) {
      const loaded = domain.examine(blob);
      // First where tokens are used, then where they are made: no token meets a lane that lacks its key.
      await push(loaded.blob);
      domain.apply(loaded);
      return { epoch: domain.epoch };
    },
    rotateDomainKey: ({ minimumEpoch }) => domain.proposeRotation(minimumEpoch),
    retireDomainKeys: () => domain.proposeRetirement(),
    describeDomain() {
      const { epoch, keys, current } = domain.state;
      const domainKeys = [...keys.values()].map(({ id, created }) => ({ id, created }));
      return { epoch, domainKeys, currentDomainKey: current.id };
    },
    createMaterial(request) {
      const { state } = domain;
      const binding = readBinding(request.binding);
      const spec = keySpecOf(binding);
      if (binding.materialId !== '') throw new EngineError('refused', 'new material has no id yet');
      const material = randomBytes(spec.size);
      const id = materialId(state.materialIdKey, binding.keyId, material);
      const print = fingerprint(state.fingerprintKey, binding.account, material);
      const token = seal(binding.kind, encodeBinding({ ...binding, materialId: id }), material);
      material.fill(0);
      return { token, materialId: id, fingerprint: print };
    },
    createAccessKey(request) {
      const binding = readBinding(request.binding);
      requireAccessKey(binding);
      const secret = generateAccessKeySecret();
      const token = seal(binding.kind, request.binding, secret);
      const text = secret.toString('ascii');
      secret.fill(0);
      return { token, secret: text };
    },
    rewrapTokens({ tokens }) {
      const { keys } = domain.state;
      return {
        tokens: tokens.map(({ binding, token }) => {
          const { kind } = readBinding(binding);
          const secret = openToken(keys, kind, binding, token);
          const fresh = seal(kind, binding, secret);
          secret.fill(0);
          return fresh;
        }),
      };
    },
  };
}
