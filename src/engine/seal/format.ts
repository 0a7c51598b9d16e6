/**
 * The text of a file seal (docs/formats/seal-file.md), three lines each ended by a newline:
 * `lockholm-seal-file-v1`, the root key in base64, and the first 16 bytes of
 * HMAC-SHA-256(root key, "lockholm-seal-file-v1 check") in hexadecimal, which tells a torn file from a whole one.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export const ROOT_KEY_SIZE = 32;
const NAME = 'lockholm-seal-file-v1';
const FIRST_LINE = `${NAME}\n`;
const CHECK_SIZE = 16;
const KEY_AT = NAME.length + 1;
const KEY_LENGTH = 44;
const CHECK_AT = KEY_AT + KEY_LENGTH + 1;
export const SEAL_FILE_SIZE = CHECK_AT + CHECK_SIZE * 2 + 1;
const BASE64_LINE = /^[A-Za-z0-9+/]{43}=$/;
const HEX_LINE = /^[0-9a-f]{32}$/;

export type SealText = { readonly rootKey: Buffer } | { readonly problem: 'format' | 'torn' };

/** The caller erases key and text. */
export function encodeSeal(rootKey: Buffer): Buffer {
  const out = Buffer.alloc(SEAL_FILE_SIZE, '\n');
  out.write(NAME, 0, 'ascii');
  out.write(rootKey.toString('base64'), KEY_AT, 'ascii');
  out.write(checkOf(rootKey).toString('hex'), CHECK_AT, 'ascii');
  return out;
}

/** `format`: this is no seal file of version 1. `torn`: it is one, but damaged. The caller erases key and text. */
export function parseSeal(text: Buffer): SealText {
  const firstLine = text.toString('ascii', 0, KEY_AT);
  if (!FIRST_LINE.startsWith(firstLine)) return { problem: 'format' };
  const newlines = [CHECK_AT - 1, SEAL_FILE_SIZE - 1].every((at) => text[at] === 0x0a);
  const key = text.toString('ascii', KEY_AT, CHECK_AT - 1);
  const check = text.toString('ascii', CHECK_AT, SEAL_FILE_SIZE - 1);
  if (text.length !== SEAL_FILE_SIZE || !newlines || !BASE64_LINE.test(key) || !HEX_LINE.test(check)) {
    return { problem: 'torn' };
  }
  const rootKey = Buffer.from(key, 'base64');
  if (timingSafeEqual(checkOf(rootKey), Buffer.from(check, 'hex'))) return { rootKey };
  rootKey.fill(0);
  return { problem: 'torn' };
}

function checkOf(rootKey: Buffer): Buffer {
  return createHmac('sha256', rootKey).update(`${NAME} check`).digest().subarray(0, CHECK_SIZE);
}
