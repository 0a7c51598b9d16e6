/** The S3 root of an account: made on first use, kept as a token that only an engine opens. */

import { canonicalContext, type EncryptionContext } from '../../core/encryption-context.ts';
import { type AccountId, must, newKeyId, PARTITION, parseAccountId } from '../../core/ids.ts';
import { type Binding, encodeBinding } from '../../engine/protocol/binding.ts';
import type { Engine } from '../../engine/protocol/messages.ts';
import { StoreError } from '../../store/contract.ts';
import type { Rows, RowsChange, Stored } from '../../store/rows-contract.ts';

/** A row of the table `s3-root`, whose id is the account. */
export interface S3Root {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** Base64. */
  readonly token: string;
}

export const s3RootBinding = (account: string, { id }: Pick<S3Root, 'id'>): Binding => ({
  kind: 's3-root',
  partition: PARTITION,
  account,
  region: '*',
  keyId: id,
  materialId: '',
  keySpec: '',
  usage: '',
  origin: '',
});

export interface S3RootParts {
  readonly rows: Rows;
  readonly engine: Engine;
  /** Journals the making of a root. */
  readonly commitRoot: (account: AccountId, root: S3Root, change: RowsChange) => Promise<void>;
  readonly now: () => number;
}

export interface WrappedDataKey {
  readonly plaintext: Uint8Array;
  readonly wrapped: Uint8Array;
}

export class S3Roots {
  readonly #parts: S3RootParts;

  constructor(parts: S3RootParts) {
    this.#parts = parts;
  }

  /** 32 bytes, which the caller erases. */
  async generate(account: AccountId, context: EncryptionContext): Promise<WrappedDataKey> {
    const root = this.#peek(account) ?? (await this.#get(account)) ?? (await this.#make(account));
    return this.#parts.engine.call('generateS3DataKey', {
      ...bound(root),
      context: canonicalContext(context),
    });
  }

  /** The data key, which the caller erases. Rejects when the bytes are of another account, bucket or object. */
  async unwrap(account: AccountId, wrapped: Uint8Array, context: EncryptionContext): Promise<Uint8Array> {
    const root = must(this.#peek(account) ?? (await this.#get(account)), 'account without an S3 root');
    const request = { ...bound(root), wrapped, context: canonicalContext(context) };
    return (await this.#parts.engine.call('unwrapS3DataKey', request)).plaintext;
  }

  #peek(account: AccountId): Stored<S3Root> | undefined {
    return this.#parts.rows.peek<S3Root>('s3-root', account);
  }

  #get(account: AccountId): Promise<Stored<S3Root> | undefined> {
    return this.#parts.rows.get<S3Root>('s3-root', account);
  }

  async #make(account: AccountId): Promise<Stored<S3Root>> {
    const { engine, commitRoot, now } = this.#parts;
    const id = newKeyId();
    const { token } = await engine.call('createS3Root', {
      binding: encodeBinding(s3RootBinding(account, { id })),
    });
    const root: S3Root = { id, created: now(), token: Buffer.from(token).toString('base64') };
    try {
      await commitRoot(account, root, { put: [{ table: 's3-root', id: account, version: 1, value: root }] });
    } catch (error) {
      // Another call made it in the meantime.
      if (!(error instanceof StoreError && error.code === 'conflict')) throw error;
    }
    return must(await this.#get(account), 'S3 root');
  }
}

const bound = ({ id, value }: Stored<S3Root>) => ({
  binding: encodeBinding(s3RootBinding(must(parseAccountId(id), 'account'), value)),
  token: Buffer.from(value.token, 'base64'),
});
