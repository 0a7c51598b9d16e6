/** Data keys of SSE-KMS: calls of KMS as the user, through S3, in the Region of the bucket. */
import type { Call, Caller } from '../../core/call.ts';
import type { EncryptionContext } from '../../core/encryption-context.ts';
import type { Region } from '../../core/ids.ts';

type CallFacts = Pick<Call, 'caller' | 'region'>;

/** The pipeline's `invoke` for an operation of KMS. Rejects with ServiceError. */
export type InvokeKms = (
  operation: 'GenerateDataKey' | 'Decrypt',
  caller: Caller,
  region: Region,
  input: Readonly<Record<string, unknown>>,
) => Promise<unknown>;

export interface KmsDataKey {
  readonly plaintext: Uint8Array;
  readonly wrapped: Uint8Array;
  readonly keyArn: string;
  readonly materialId: string;
}

interface Generated {
  readonly Plaintext: Uint8Array;
  readonly CiphertextBlob: Uint8Array;
  readonly KeyId: string;
  readonly KeyMaterialId?: string;
}

export const S3_PRINCIPAL = 's3.amazonaws.com';

export class KmsKeys {
  readonly #invoke: InvokeKms;
  readonly #callers = new WeakMap<Caller, Caller>();

  constructor(invoke: InvokeKms) {
    this.#invoke = invoke;
  }

  /** 32 bytes, which the caller erases. `key` in any form that KMS knows. */
  async generate(call: CallFacts, key: string, context: EncryptionContext): Promise<KmsDataKey> {
    const input = { KeyId: key, KeySpec: 'AES_256', EncryptionContext: context };
    const made = (await this.#invoke(
      'GenerateDataKey',
      this.#through(call),
      call.region,
      input,
    )) as Generated;
    return {
      plaintext: made.Plaintext,
      wrapped: made.CiphertextBlob,
      keyArn: made.KeyId,
      materialId: made.KeyMaterialId ?? '',
    };
  }

  /** The data key, which the caller erases. */
  async unwrap(
    call: CallFacts,
    keyArn: string,
    wrapped: Uint8Array,
    context: EncryptionContext,
  ): Promise<Uint8Array> {
    const input = { KeyId: keyArn, CiphertextBlob: wrapped, EncryptionContext: context };
    const opened = await this.#invoke('Decrypt', this.#through(call), call.region, input);
    return (opened as { readonly Plaintext: Uint8Array }).Plaintext;
  }

  /** The journal caches what it writes of a caller by the object. */
  #through({ caller }: CallFacts): Caller {
    const known = this.#callers.get(caller);
    if (known !== undefined) return known;
    const made = Object.freeze({ ...caller, invokedBy: S3_PRINCIPAL });
    this.#callers.set(caller, made);
    return made;
  }
}
