/**
 * Writes an object file: header, chunks as they come, sealed manifest. Memory is bounded by two batches. What it
 * writes is nothing to anybody until the index names it; `finish` makes it durable first.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { Batch } from './batch.ts';
import type { ObjectBinding } from './binding.ts';
import { ChunkSealer } from './chunk-sealer.ts';
import { encodeHeader, MANIFEST_MAX, SALT_SIZE, SEALED_CHUNK_SIZE } from './layout.ts';
import { encodeManifest, type Manifest } from './manifest.ts';
import type { ObjectKey } from './object-key.ts';
import { SMALL_FILE, writeSmallFile } from './small-file.ts';

/** Bytes that are written at once. */
const BATCH = 1024 * 1024;
/** A batch is found full one chunk late, and a last one has a chunk and the manifest more. */
const BATCH_MEMORY = BATCH + 2 * SEALED_CHUNK_SIZE + MANIFEST_MAX;
/** Batches after which the disk is set to work, so that little is left to wait for at the end. */
const SYNC_EVERY = 16;
const FILE_MODE = 0o600;

export class ObjectWriter {
  readonly #path: string;
  readonly #binding: ObjectBinding;
  readonly #key: ObjectKey;
  readonly #streamKey: Buffer;
  readonly #header: Buffer;
  readonly #sealer: ChunkSealer;
  #file: FileHandle | undefined;
  #ready = new Batch(BATCH_MEMORY);
  /** The one that is written, or was. */
  #written: Batch | undefined;
  #writing: Promise<void> | undefined;
  #batches = 0;
  #syncing: Promise<void> | undefined;

  /** `path` MUST NOT exist. The key stays the caller's. */
  constructor(path: string, binding: ObjectBinding, key: ObjectKey) {
    this.#path = path;
    this.#binding = binding;
    this.#key = key;
    const salt = randomBytes(SALT_SIZE);
    const { key: streamKey, commitment } = key.streamKey(salt);
    this.#streamKey = streamKey;
    this.#header = encodeHeader(salt, commitment);
    this.#sealer = new ChunkSealer(streamKey);
    this.#ready.add(this.#header);
  }

  /** The piece is not needed afterwards. A promise where a batch has to be waited for before more is written. */
  write(piece: Buffer): Promise<void> | undefined {
    this.#sealer.push(piece, this.#ready);
    return this.#ready.size >= BATCH ? this.#flush() : undefined;
  }

  /** Resolves when the file is durable, under its name once the folder is synced too. */
  async finish(manifest: Manifest): Promise<void> {
    this.#sealer.finish(this.#ready);
    this.#ready.add(this.#key.sealManifest(this.#binding, this.#header, encodeManifest(manifest)));
    this.#streamKey.fill(0);
    const small = this.#file === undefined && this.#ready.size <= SMALL_FILE;
    if (small) await writeSmallFile(this.#path, this.#ready.bytes, FILE_MODE);
    else await this.#finishLarge();
  }

  async #finishLarge(): Promise<void> {
    await this.#flush();
    await this.#writing;
    await this.#syncing;
    await this.#file?.datasync();
    await this.#close();
  }

  /** Removes what was written. */
  async abort(): Promise<void> {
    this.#streamKey.fill(0);
    await this.#writing?.catch(() => undefined);
    await this.#syncing?.catch(() => undefined);
    await this.#close();
    await rm(this.#path, { force: true });
  }

  /** Starts to write what is ready, once the batch before it is written. */
  async #flush(): Promise<void> {
    await this.#writing;
    const batch = this.#ready;
    this.#ready = this.#written ?? new Batch(BATCH_MEMORY);
    this.#ready.clear();
    this.#written = batch;
    this.#file ??= await open(this.#path, 'wx', FILE_MODE);
    this.#batches += 1;
    if (this.#batches % SYNC_EVERY === 0) await this.#startSync(this.#file);
    this.#writing = writeAll(this.#file, batch.bytes);
    // Waited for by the next flush, or by finish or abort.
    this.#writing.catch(() => undefined);
  }

  /** What was written so far goes to the disk while more comes; one such at a time. */
  async #startSync(file: FileHandle): Promise<void> {
    await this.#syncing;
    this.#syncing = file.datasync();
    this.#syncing.catch(() => undefined);
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
}
