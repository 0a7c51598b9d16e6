/**
 * Reads an object file. Nothing of a chunk is given out before its tag was verified, and nothing at all before the
 * manifest was: it is bound to the name and generation that the index says.
 */
import { timingSafeEqual } from 'node:crypto';
import { type FileHandle, open as openFile } from 'node:fs/promises';
import { altered } from './altered.ts';
import type { ObjectBinding } from './binding.ts';
import { open } from './gcm.ts';
import {
  CHUNK_SIZE,
  chunkCount,
  chunkNonce,
  chunkOffset,
  HEADER_SIZE,
  type Header,
  MANIFEST_MAX,
  manifestOffset,
  parseHeader,
  SEALED_CHUNK_SIZE,
} from './layout.ts';
import { type Manifest, parseManifest } from './manifest.ts';
import type { ObjectKey } from './object-key.ts';
import { READ_ONLY, readSmallFile, SMALL_FILE } from './small-file.ts';

/** Chunks that are read at once. */
const BATCH = 16;
/** Files up to this many bytes are read whole, and verified whole before anything is given out. */
const WHOLE = BATCH * SEALED_CHUNK_SIZE;

/** Bytes of plaintext: from `start` to before `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface ObjectToRead {
  readonly path: string;
  readonly binding: ObjectBinding;
  /** As the index has it. */
  readonly size: number;
}

export class ObjectReader {
  readonly manifest: Manifest;
  readonly #object: ObjectToRead;
  readonly #streamKey: Buffer;
  readonly #file: FileHandle | undefined;
  /** The whole file, when it is small. */
  readonly #whole: Buffer | undefined;

  private constructor(
    object: ObjectToRead,
    manifest: Manifest,
    streamKey: Buffer,
    file: FileHandle | undefined,
    whole: Buffer | undefined,
  ) {
    this.#object = object;
    this.manifest = manifest;
    this.#streamKey = streamKey;
    this.#file = file;
    this.#whole = whole;
  }

  /** Rejects with AlteredObject; with ENOENT when there is no such file. The key stays the caller's. */
  static async open(object: ObjectToRead, key: ObjectKey): Promise<ObjectReader> {
    const contents = manifestOffset(object.size);
    if (contents + MANIFEST_MAX < SMALL_FILE) {
      const whole = readSmallFile(object.path, contents + MANIFEST_MAX + 1);
      return ObjectReader.#ofWhole(object, key, whole);
    }
    const file = await openFile(object.path, READ_ONLY);
    let kept = false;
    try {
      if (!(await file.stat()).isFile()) throw altered(object.binding.generation, 'it is no regular file');
      if (contents <= WHOLE)
        return ObjectReader.#ofWhole(object, key, await readAt(file, 0, contents + MANIFEST_MAX + 1));
      const start = await readAt(file, 0, HEADER_SIZE);
      const { manifest, streamKey } = verify(
        object,
        key,
        start,
        await readAt(file, contents, MANIFEST_MAX + 1),
      );
      kept = true;
      return new ObjectReader(object, manifest, streamKey, file, undefined);
    } finally {
      if (!kept) await file.close();
    }
  }

  static #ofWhole(object: ObjectToRead, key: ObjectKey, whole: Buffer): ObjectReader {
    const sealed = whole.subarray(manifestOffset(object.size));
    const { manifest, streamKey } = verify(object, key, whole.subarray(0, HEADER_SIZE), sealed);
    return new ObjectReader(object, manifest, streamKey, undefined, whole);
  }

  /** The whole range in memory, of an object whose file was read whole; undefined for others. */
  bytes({ start, end }: Range): Buffer[] | undefined {
    const whole = this.#whole;
    if (whole === undefined) return undefined;
    const [first, last] = chunksOf(start, end);
    const sealed = whole.subarray(
      chunkOffset(first),
      Math.min(chunkOffset(last + 1), manifestOffset(this.#object.size)),
    );
    const out = this.#openBatch(sealed, first, { start, end });
    this.#streamKey.fill(0);
    return out;
  }

  /** Yields plaintext in batches; throws AlteredObject in its middle. MUST be iterated or closed. */
  async *read({ start, end }: Range): AsyncGenerator<readonly Buffer[]> {
    const file = this.#file;
    if (file === undefined) throw new TypeError('the object is in memory');
    try {
      const [first, last] = chunksOf(start, end);
      const buffers = [Buffer.allocUnsafe(WHOLE), Buffer.allocUnsafe(WHOLE)];
      const readBatch = async (from: number): Promise<Buffer> => {
        const to = Math.min(from + BATCH, last + 1);
        const length = Math.min(chunkOffset(to), manifestOffset(this.#object.size)) - chunkOffset(from);
        buffers.reverse();
        const sealed = await readInto(file, chunkOffset(from), (buffers[0] as Buffer).subarray(0, length));
        if (sealed.length < length) throw altered(this.#object.binding.generation, 'it ends too early');
        return sealed;
      };
      let next: Promise<Buffer> = readBatch(first);
      for (let from = first; from <= last; from += BATCH) {
        const sealed = await next;
        if (from + BATCH <= last) {
          next = readBatch(from + BATCH);
          next.catch(() => undefined);
        }
        yield this.#openBatch(sealed, from, { start, end });
      }
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    this.#streamKey.fill(0);
    await this.#file?.close();
  }

  #openBatch(sealed: Buffer, first: number, range: Range): Buffer[] {
    const { size, binding } = this.#object;
    const count = chunkCount(size);
    const out: Buffer[] = [];
    for (let at = 0, index = first; at < sealed.length; at += SEALED_CHUNK_SIZE, index++) {
      const chunk = sealed.subarray(at, at + SEALED_CHUNK_SIZE);
      const plain = open(this.#streamKey, chunkNonce(index, index === count - 1), undefined, chunk);
      if (plain === undefined) throw altered(binding.generation, `chunk ${index} is not authentic`);
      const from = Math.max(0, range.start - index * CHUNK_SIZE);
      const to = Math.min(plain.length, range.end - index * CHUNK_SIZE);
      if (from < to) out.push(from === 0 && to === plain.length ? plain : plain.subarray(from, to));
    }
    return out;
  }
}

function verify({ binding, size }: ObjectToRead, key: ObjectKey, start: Buffer, sealed: Buffer) {
  const refuse = (what: string) => altered(binding.generation, what);
  const header: Header | undefined = parseHeader(start);
  if (header === undefined) throw refuse('it has no header of an object');
  const { key: streamKey, commitment } = key.streamKey(header.salt);
  if (!timingSafeEqual(commitment, header.commitment)) throw refuse('it is of another key');
  const opened = sealed.length <= MANIFEST_MAX ? key.openManifest(binding, header.bytes, sealed) : undefined;
  const manifest = opened && parseManifest(opened);
  if (manifest === undefined || manifest.size !== size) throw refuse('its manifest is not authentic');
  return { manifest, streamKey };
}

/** First and last chunk of a range; of an empty one the chunk where it lies. */
const chunksOf = (start: number, end: number): [number, number] => [
  Math.floor(start / CHUNK_SIZE),
  Math.floor(Math.max(start, end - 1) / CHUNK_SIZE),
];

const readAt = (file: FileHandle, position: number, length: number): Promise<Buffer> =>
  readInto(file, position, Buffer.allocUnsafe(length));

/** Fewer bytes where the file ends before. */
async function readInto(file: FileHandle, position: number, buffer: Buffer): Promise<Buffer> {
  let size = 0;
  while (size < buffer.length) {
    const { bytesRead } = await file.read(buffer, size, buffer.length - size, position + size);
    if (bytesRead === 0) break;
    size += bytesRead;
  }
  return buffer.subarray(0, size);
}
