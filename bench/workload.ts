/** What is asked of each contender: 64 different requests an operation, on one key, with an encryption context. */
import { randomBytes } from 'node:crypto';
import type { OperationName } from './options.ts';
import { call, type Target, wireRequest } from './requests.ts';

const REQUESTS = 64;
const PLAINTEXT_BYTES = 64;
const EncryptionContext = { purpose: 'bench' };

type Input = Readonly<Record<string, unknown>>;
export type Workload = Readonly<Record<OperationName, readonly Input[]>>;

const times = <Item>(item: () => Item): readonly Item[] => Array.from({ length: REQUESTS }, item);
const base64 = (bytes: number) => randomBytes(bytes).toString('base64');

const workloadOf = (KeyId: string, ciphertexts: readonly string[], encrypts: readonly Input[]): Workload => ({
  Encrypt: encrypts,
  Decrypt: ciphertexts.map((CiphertextBlob) => ({ KeyId, CiphertextBlob, EncryptionContext })),
  GenerateDataKey: times(() => ({ KeyId, KeySpec: 'AES_256', EncryptionContext })),
});

const encryptsWith = (KeyId: string) =>
  times(() => ({ KeyId, Plaintext: base64(PLAINTEXT_BYTES), EncryptionContext }));

/** For the bare answer, which looks at nothing: requests of the same size. */
export const unansweredWorkload = (): Workload => {
  const keyId = '00000000-0000-0000-0000-000000000000';
  return workloadOf(
    keyId,
    times(() => base64(190)),
    encryptsWith(keyId),
  );
};

const text = (value: unknown): string => {
  if (typeof value !== 'string')
    throw new Error(`expected a text in the answer, not ${JSON.stringify(value)}`);
  return value;
};

/** Makes a key and ciphertexts under it; checks that one of them decrypts to what was encrypted. */
export const makeWorkload = async (target: Target): Promise<Workload> => {
  const { KeyMetadata } = await call(target, 'CreateKey', {});
  const keyId = text((KeyMetadata as Input).KeyId);
  const encrypts = encryptsWith(keyId);
  const ciphertexts: string[] = [];
  for (const input of encrypts) ciphertexts.push(text((await call(target, 'Encrypt', input)).CiphertextBlob));
  const workload = workloadOf(keyId, ciphertexts, encrypts);
  const { Plaintext } = await call(target, 'Decrypt', workload.Decrypt[0] ?? {});
  if (Plaintext !== encrypts[0]?.Plaintext) throw new Error('Decrypt did not answer what was encrypted');
  return workload;
};

/** Signed now: a signature is good for five minutes. */
export const signedRequests = async (target: Target, operation: OperationName, workload: Workload) =>
  Promise.all(workload[operation].map((input) => wireRequest(target, operation, input)));
