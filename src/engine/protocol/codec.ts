/**
 * The binary codec of the engine's frames: one field table defines encoder, decoder and types of both sides.
 * Integers are big-endian; bytes and text are prefixed by a u32 length; a list by a u32 count.
 * A decoder MUST consume its input exactly and throws FrameError on anything else.
 */

export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** Grows as needed; `reset` keeps the memory for the next batch. */
export class Writer {
  #buffer = Buffer.allocUnsafe(64 * 1024);
  #at = 0;

  get length(): number {
    return this.#at;
  }
  reserve(size: number): number {
    const at = this.#at;
    if (at + size > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, at + size));
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
    }
    this.#at = at + size;
    return at;
  }
  u8(value: number): void {
    const at = this.reserve(1);
    this.#buffer[at] = value;
  }
  u32(value: number): void {
    const at = this.reserve(4);
    this.#buffer.writeUInt32BE(value, at);
  }
  u64(value: number): void {
    this.u32(Math.floor(value / 0x1_0000_0000));
    this.u32(value >>> 0);
  }
  bytes(value: Uint8Array): void {
    this.u32(value.length);
    const at = this.reserve(value.length);
    this.#buffer.set(value, at);
  }
  text(value: string): void {
    const size = Buffer.byteLength(value);
    this.u32(size);
    const at = this.reserve(size);
    this.#buffer.write(value, at);
  }
  patchU32(at: number, value: number): void {
    this.#buffer.writeUInt32BE(value, at);
  }
  /** Takes back and erases what was written from `at` on. */
  truncate(at: number): void {
    this.#buffer.fill(0, at, this.#at);
    this.#at = at;
  }
  /** Copies out what was written, and starts again at zero. The copy is the caller's. */
  take(): Buffer {
    const out = Buffer.from(this.#buffer.subarray(0, this.#at));
    this.#buffer.fill(0, 0, this.#at);
    this.#at = 0;
    return out;
  }
}

export class Reader {
  readonly #buffer: Buffer;
  #at: number;
  readonly #end: number;

  constructor(buffer: Buffer, start = 0, end: number = buffer.length) {
    this.#buffer = buffer;
    this.#at = start;
    this.#end = end;
  }
  #take(size: number): number {
    const at = this.#at;
    if (size > this.#end - at) throw new FrameError('a field runs past the end of its frame');
    this.#at = at + size;
    return at;
  }
  u8(): number {
    const at = this.#take(1);
    return this.#buffer.readUInt8(at);
  }
  u32(): number {
    const at = this.#take(4);
    return this.#buffer.readUInt32BE(at);
  }
  u64(): number {
    const value = this.u32() * 0x1_0000_0000 + this.u32();
    if (!Number.isSafeInteger(value)) throw new FrameError('an integer is too large');
    return value;
  }
  /** A view, valid as long as the frame's buffer is: copy what is kept. */
  bytes(): Buffer {
    const size = this.u32();
    const at = this.#take(size);
    return this.#buffer.subarray(at, at + size);
  }
  text(): string {
    const size = this.u32();
    const at = this.#take(size);
    return this.#buffer.toString('utf8', at, at + size);
  }
  end(): void {
    if (this.#at !== this.#end) throw new FrameError('bytes left over at the end of a frame');
  }
}

export interface Field<T> {
  write(writer: Writer, value: T): void;
  read(reader: Reader): T;
}
export type FieldType<F> = F extends Field<infer T> ? T : never;

export const u8: Field<number> = { write: (w, v) => w.u8(v), read: (r) => r.u8() };
export const u32: Field<number> = { write: (w, v) => w.u32(v), read: (r) => r.u32() };
/** Up to 2^53 - 1. */
export const u64: Field<number> = { write: (w, v) => w.u64(v), read: (r) => r.u64() };
export const bytes: Field<Uint8Array> = { write: (w, v) => w.bytes(v), read: (r) => r.bytes() };
export const text: Field<string> = { write: (w, v) => w.text(v), read: (r) => r.text() };
export const flag: Field<boolean> = {
  write: (w, v) => w.u8(v ? 1 : 0),
  read: (r) => {
    const value = r.u8();
    if (value > 1) throw new FrameError('a flag is neither 0 nor 1');
    return value === 1;
  },
};

export function struct<const F extends Record<string, Field<never> | Field<unknown>>>(
  fields: F,
): Field<{ readonly [K in keyof F]: FieldType<F[K]> }> {
  type T = { readonly [K in keyof F]: FieldType<F[K]> };
  const entries = Object.entries(fields) as [keyof F & string, Field<unknown>][];
  return {
    write(writer, value) {
      for (const [name, field] of entries) field.write(writer, value[name]);
    },
    read(reader) {
      const out: Record<string, unknown> = {};
      for (const [name, field] of entries) out[name] = field.read(reader);
      return out as T;
    },
  };
}

const LIST_MAX = 100_000;

export function list<T>(item: Field<T>): Field<readonly T[]> {
  return {
    write(writer, value) {
      writer.u32(value.length);
      for (const each of value) item.write(writer, each);
    },
    read(reader) {
      const count = reader.u32();
      if (count > LIST_MAX) throw new FrameError('a list is too long');
      const out: T[] = [];
      for (let i = 0; i < count; i += 1) out.push(item.read(reader));
      return out;
    },
  };
}
