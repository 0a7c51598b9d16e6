/** What is asked of each contender: 64 different requests an operation, on one key, with an encryption context. */
import { randomBytes } from 'node:crypto';
import { call, type Input, kmsRequest, type Target, textIn } from './requests.ts';

export const kmsOperations = ['Encrypt', 'Decrypt', 'GenerateDataKey'] as const;
export type KmsOperation = (typeof kmsOperations)[number];

const REQUESTS = 64;
const PLAINTEXT_BYTES = 64;
const EncryptionContext = { purpose: 'bench' };

export type Workload = Readonly<Record<KmsOperation, readonly Input[]>>;

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

/** The id of a new key. */
export const makeKey = async (target: Target, input: Input = {}): Promise<string> =>
  textIn(((await call(target, 'CreateKey', input)).KeyMetadata as Input).KeyId);

/** Makes ciphertexts under the key; checks that one of them decrypts to what was encrypted. */
export const makeWorkload = async (target: Target, keyId: string): Promise<Workload> => {
  const encrypts = encryptsWith(keyId);
  const ciphertexts: string[] = [];
  for (const input of encrypts)
    ciphertexts.push(textIn((await call(target, 'Encrypt', input)).CiphertextBlob));
  const workload = workloadOf(keyId, ciphertexts, encrypts);
  const { Plaintext } = await call(target, 'Decrypt', workload.Decrypt[0] ?? {});
  if (Plaintext !== encrypts[0]?.Plaintext) throw new Error('Decrypt did not answer what was encrypted');
  return workload;
};

/** Signed now: a signature is good for five minutes. */
export const signedRequests = async (target: Target, operation: KmsOperation, workload: Workload) =>
  Promise.all(workload[operation].map((input) => kmsRequest(target, operation, input)));
