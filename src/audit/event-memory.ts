/**
 * Where encoded events lie until they are written: slabs shared by many events, and random salts drawn many at
 * a time. A slab cannot be transferred to another thread (that would take every event in it along), and a
 * structured clone of one event copies its whole slab: copy an event's bytes before posting them.
 */
import { randomFillSync } from 'node:crypto';
import { markAsUntransferable } from 'node:worker_threads';

export const SALT_SIZE = 16;
const SLAB_SIZE = 64 * 1024;
/** Larger texts get memory of their own. */
const SHARED_MAX = 8 * 1024;
const SALTS = 512;

let slab = Buffer.alloc(0);
let used = 0;
const salts = Buffer.alloc(SALT_SIZE * SALTS);
let nextSalt = salts.length;

/** Memory for at least `size` bytes that nobody else holds, from `used` of the current slab on. */
function room(size: number): void {
  if (used + size <= slab.length) return;
  slab = Buffer.alloc(Math.max(SLAB_SIZE, size));
  markAsUntransferable(slab.buffer);
  used = 0;
}

/** The text alone; it MUST be ASCII. */
export function asciiBytes(text: string): Buffer {
  room(text.length);
  const start = used;
  used += slab.write(text, start, 'latin1');
  return slab.subarray(start, used);
}

/** A fresh salt, then the text in UTF-8. */
export function saltedBytes(text: string): Buffer {
  if (nextSalt === salts.length) {
    randomFillSync(salts);
    nextSalt = 0;
  }
  const salt = salts.subarray(nextSalt, nextSalt + SALT_SIZE);
  nextSalt += SALT_SIZE;
  if (text.length > SHARED_MAX) return Buffer.concat([salt, Buffer.from(text)]);
  // A UTF-16 unit takes at most three bytes in UTF-8.
  room(SALT_SIZE + text.length * 3);
  const start = used;
  slab.set(salt, start);
  used += SALT_SIZE + slab.write(text, start + SALT_SIZE, 'utf8');
  return slab.subarray(start, used);
}
