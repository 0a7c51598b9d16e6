/**
 * A copy of the data folder, read with the formats that docs/formats/ has and with nothing else: neither server nor
 * password. What the seal beside it opens is opened; what no secret in it opens stays closed.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { canonicalContext } from '../../../src/core/encryption-context.ts';
import { unwrapDataKey } from '../../../src/engine/algorithms/s3-root/data-key.ts';
import { openMessage } from '../../../src/engine/algorithms/symmetric/message.ts';
import { type DomainState, openDomainState } from '../../../src/engine/domain-state.ts';
import { type Binding, encodeBinding } from '../../../src/engine/protocol/binding.ts';
import { parseHeader } from '../../../src/engine/protocol/ciphertext.ts';
import { parseSeal } from '../../../src/engine/seal/format.ts';
import { openToken } from '../../../src/engine/tokens.ts';
import { materialBinding } from '../../../src/kms/backends/engine.ts';
import type { KeyRecord } from '../../../src/kms/key.ts';
import { type CredentialRow, credentialBinding, type KeyStoreRecord } from '../../../src/kms/key-store.ts';
import { type MaterialRow, materialRow } from '../../../src/kms/materials.ts';
import { objectsPath, storePath } from '../../../src/operator/data-files.ts';
import { decodeState } from '../../../src/operator/domain/state-row.ts';
import { ObjectKey } from '../../../src/storage/envelope/object-key.ts';
import { ObjectReader } from '../../../src/storage/envelope/reader.ts';
import { type S3Root, s3RootBinding } from '../../../src/storage/envelope/s3-root.ts';
import { CONTEXT_KEY, objectArn } from '../../../src/storage/objects/names.ts';
import { type BucketRow, bindingOf, type ObjectRow } from '../../../src/storage/objects/rows.ts';
import type { Row, Table } from '../../../src/store/contract.ts';
import { decodeRow } from '../../../src/store/row-content.ts';
import { Reads } from '../../../src/store/sqlite/reads.ts';
import { BUCKET } from '../arrangement.ts';
import { copyFolder } from './copy-folder.ts';

const TABLES = ['key', 'material', 's3-root', 'bucket', 'object', 'key-store', 'store-credential'] as const;
const MANY = 10_000;

/** What wraps the data key of an object, where the folder has it. */
export interface OpenedMaterial {
  readonly bytes: Buffer;
  readonly dataKey: Buffer;
}

/** A key that is in HSMs: what a call to one of them needs. */
export interface InHsm {
  readonly key: KeyRecord;
  readonly wrapped: Buffer;
  readonly context: Buffer;
}

export class SeizedFolder {
  readonly path: string;
  readonly #rows = new Map<string, unknown>();
  readonly #domain: DomainState;

  /** Of a server that may run on. */
  static async take(data: string, path: string): Promise<SeizedFolder> {
    await copyFolder(data, path);
    return new SeizedFolder(path);
  }

  private constructor(path: string) {
    this.path = path;
    const db = new DatabaseSync(storePath(path));
    try {
      const reads = new Reads(db);
      for (const table of TABLES)
        for (const row of reads.scan(table, '', { limit: MANY })) this.#keep(table, row);
      this.#domain = this.#open(reads.get('domain', 'state'));
    } finally {
      db.close();
    }
  }

  #keep(table: Table, row: Row): void {
    this.#rows.set(`${table} ${row.id}`, decodeRow<unknown>(row).value);
  }

  #open(row: Row | undefined): DomainState {
    const seal = parseSeal(readFileSync(join(this.path, 'seal')));
    if (!('rootKey' in seal) || row === undefined)
      throw new Error('the folder has no seal or no domain state');
    const state = openDomainState(createSecretKey(seal.rootKey), decodeState(row).blob);
    if (state === undefined) throw new Error('the domain state does not open under the seal beside it');
    return state;
  }

  row<T>(table: (typeof TABLES)[number], id: string): T | undefined {
    return this.#rows.get(`${table} ${id}`) as T | undefined;
  }

  #token(binding: Binding, token: string): Buffer {
    const bytes = Buffer.from(token, 'base64');
    return openToken(this.#domain.keys, binding.kind, encodeBinding(binding), bytes);
  }

  object(key: string): ObjectRow {
    const row = this.row<ObjectRow>('object', `${BUCKET}/${key}`);
    if (row === undefined) throw new Error(`the folder has no object ${key}`);
    return row;
  }

  /** Undefined where the material is not in the folder but in HSMs. */
  material(object: string): OpenedMaterial | undefined {
    const { wrap } = this.object(object);
    const wrapped = Buffer.from(wrap.dataKey, 'base64');
    return wrap.by === 's3-root' ? this.#s3Root(object, wrapped) : this.#keyMaterial(object, wrapped);
  }

  #s3Root(object: string, wrapped: Buffer): OpenedMaterial | undefined {
    const account = this.row<BucketRow>('bucket', BUCKET)?.account ?? '';
    const root = this.row<S3Root>('s3-root', account);
    if (root === undefined) return undefined;
    const binding = s3RootBinding(account, root);
    const bytes = this.#token(binding, root.token);
    const encodedBinding = encodeBinding(binding);
    const opened = {
      token: Buffer.from(root.token, 'base64'),
      encodedBinding,
      binding,
      secret: handle(bytes),
    };
    return { bytes, dataKey: unwrapDataKey(opened, wrapped, contextOf(object)) };
  }

  #keyMaterial(object: string, wrapped: Buffer): OpenedMaterial | undefined {
    const { key, materialId } = this.#keyOf(wrapped);
    const token = this.row<MaterialRow>('material', materialRow(key, materialId).id)?.token;
    if (token === undefined) return undefined;
    const bytes = this.#token(materialBinding(key, materialId), token);
    const dataKey = openMessage(handle(bytes), wrapped, contextOf(object));
    if (dataKey === undefined) throw new Error(`the data key of ${object} does not open under its material`);
    return { bytes, dataKey };
  }

  #keyOf(wrapped: Buffer): { readonly key: KeyRecord; readonly materialId: string } {
    const header = parseHeader(wrapped);
    const key = header && this.row<KeyRecord>('key', `${header.account}/us-east-1/${header.keyId}`);
    if (header === undefined || key === undefined)
      throw new Error('a wrapped data key names no key of the folder');
    return { key, materialId: header.materialId };
  }

  /** Of an object under a key in HSMs. */
  inHsm(object: string): InHsm {
    const wrapped = Buffer.from(this.object(object).wrap.dataKey, 'base64');
    return { key: this.#keyOf(wrapped).key, wrapped, context: contextOf(object) };
  }

  keyStore({ key }: InHsm): KeyStoreRecord {
    const store = this.row<KeyStoreRecord>('key-store', `${key.account}/${key.region}/${key.inStore?.id}`);
    if (store === undefined) throw new Error('the folder has no key store of this key');
    return store;
  }

  /** Of `kmsuser`, where KMS keeps it. */
  storePassword(store: KeyStoreRecord): string | undefined {
    const id = `${store.account}/${store.region}/${store.id}/current`;
    const row = this.row<CredentialRow>('store-credential', id);
    return row && this.#token(credentialBinding(store), row.token).toString('utf8');
  }

  /** The object's content, by the data key that it is under. */
  async read(object: string, dataKey: Uint8Array): Promise<Buffer> {
    const { generation, size, wrap } = this.object(object);
    const binding = bindingOf(BUCKET, object, generation);
    const key = ObjectKey.unwrap(dataKey, Buffer.from(wrap.objectKey, 'base64'), binding);
    if (key === undefined) throw new Error(`the key of ${object} does not open under that data key`);
    const path = join(objectsPath(this.path), generation.slice(0, 2), generation);
    const reader = await ObjectReader.open({ path, binding, size }, key);
    const range = { start: 0, end: size };
    const bytes = reader.bytes(range);
    if (bytes !== undefined) return Buffer.concat(bytes);
    return Buffer.concat((await Array.fromAsync(reader.read(range))).flat());
  }
}

const handle = (bytes: Buffer): KeyObject => createSecretKey(bytes);
const contextOf = (object: string): Buffer => canonicalContext({ [CONTEXT_KEY]: objectArn(BUCKET, object) });
