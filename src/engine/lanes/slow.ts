/** The slow lane: generates keys and secrets, and alone changes the domain state. */
import { createPrivateKey, randomBytes } from 'node:crypto';
import { generateAccessKeySecret } from '../algorithms/access-key/generate.ts';
import { requireAccessKey } from '../algorithms/access-key/rule.ts';
import { generateImportKey, publicKeyHash } from '../algorithms/import-key/generate.ts';
import { importKeyRule, requireSameKey } from '../algorithms/import-key/rule.ts';
import { newMaterialSpec } from '../algorithms/key-specs.ts';
import { requireS3Root, S3_ROOT_SIZE } from '../algorithms/s3-root/rule.ts';
import { generatePassword } from '../algorithms/store-credential/generate.ts';
import { requirePassword, requireStoreCredential } from '../algorithms/store-credential/rule.ts';
import type { Domain } from '../domain.ts';
import type { DomainState } from '../domain-state.ts';
import { GCM_NONCE_SIZE } from '../gcm.ts';
import { fingerprint, materialId } from '../material-ids.ts';
import { type Binding, encodeBinding, type TokenKind } from '../protocol/binding.ts';
import { EngineError, type RequestOf } from '../protocol/messages.ts';
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
  | 'createStoreCredential'
  | 'sealStoreCredential'
  | 'openStoreCredential'
  | 'createImportKey'
  | 'importMaterial'
  | 'createS3Root'
  | 'rewrapTokens';

export function slowLane(domain: Domain, push: PushDomain): Handlers<SlowNames> {
  const seal = (kind: TokenKind, binding: Uint8Array, secret: Buffer): Buffer =>
    sealToken(domain.state.current, kind, binding, secret, randomBytes(GCM_NONCE_SIZE));
  /** Throws `sealed`, before anything is looked at. */
  const needState = (): DomainState => domain.state;
  /** The material is erased. */
  const keep = (binding: Binding, material: Buffer) => {
    const { materialIdKey, fingerprintKey } = domain.state;
    const id = materialId(materialIdKey, binding.keyId, material);
    const print = fingerprint(fingerprintKey, binding.account, material);
    const token = seal(binding.kind, encodeBinding({ ...binding, materialId: id }), material);
    material.fill(0);
    return { token, materialId: id, fingerprint: print };
  };
  /** The password is erased. */
  const keepPassword = (binding: Uint8Array, password: Buffer) => {
    const token = seal('store-credential', binding, password);
    password.fill(0);
    return { token };
  };
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
      needState();
      const binding = readBinding(request.binding);
      return keep(binding, randomBytes(newMaterialSpec(binding, 'AWS_KMS').size));
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
    createStoreCredential(request) {
      requireStoreCredential(readBinding(request.binding));
      return keepPassword(request.binding, generatePassword());
    },
    sealStoreCredential(request) {
      requireStoreCredential(readBinding(request.binding));
      requirePassword(request.password);
      return keepPassword(request.binding, Buffer.from(request.password, 'ascii'));
    },
    openStoreCredential(request) {
      requireStoreCredential(readBinding(request.binding));
      const secret = openToken(domain.state.keys, 'store-credential', request.binding, request.token);
      const password = secret.toString('ascii');
      secret.fill(0);
      return { password };
    },
    async createImportKey(request) {
      needState();
      const binding = readBinding(request.binding);
      const { modulusLength } = importKeyRule(binding);
      if (binding.materialId !== '') throw new EngineError('refused', 'a new import key has no hash yet');
      const { publicKey, privateKey } = await generateImportKey(modulusLength);
      const hash = publicKeyHash(publicKey);
      const token = seal(binding.kind, encodeBinding({ ...binding, materialId: hash }), privateKey);
      privateKey.fill(0);
      return { token, publicKey, publicKeyHash: hash };
    },
    importMaterial(request) {
      needState();
      const binding = readBinding(request.binding);
      const { size } = newMaterialSpec(binding, 'EXTERNAL');
      const material = unwrapped(domain, request, binding);
      if (material.length !== size) throw incorrect(material, 'the material is of another size');
      const id = materialId(domain.state.materialIdKey, binding.keyId, material);
      if (request.known.includes(id) !== request.existing)
        throw incorrect(material, 'the material is not the one expected');
      return keep(binding, material);
    },
    createS3Root(request) {
      const binding = readBinding(request.binding);
      requireS3Root(binding);
      const root = randomBytes(S3_ROOT_SIZE);
      const token = seal(binding.kind, request.binding, root);
      root.fill(0);
      return { token };
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

/** Whatever the token's key unwraps, the caller's to erase. */
function unwrapped(domain: Domain, request: RequestOf<'importMaterial'>, material: Binding): Buffer {
  const binding = readBinding(request.importBinding);
  const { unwrap } = importKeyRule(binding);
  requireSameKey(binding, material);
  const der = openToken(domain.state.keys, 'import-key', request.importBinding, request.importToken);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  const found = unwrap(key, request.wrapped);
  if (found === undefined) throw new EngineError('invalid-ciphertext', 'the material does not unwrap');
  return found;
}

function incorrect(material: Buffer, why: string): EngineError {
  material.fill(0);
  return new EngineError('incorrect-material', why);
}
