/**
 * The printed form of an unlock code (docs/formats/hsm-store.md): 16 random bytes and a check byte in Crockford's base 32,
 * which has no letters that look alike, in seven groups of four.
 */
import { createHash } from 'node:crypto';
import { HsmError } from './protocol/errors.ts';

export const CODE_SIZE = 16;
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CHARACTERS = 28;
const PADDING = CHARACTERS * 5 - (CODE_SIZE + 1) * 8;

const check = (code: Buffer): Buffer =>
  createHash('sha256').update('lockholm-hsm-unlock-code').update(code).digest().subarray(0, 1);

export function printCode(code: Buffer): string {
  const all = Buffer.concat([code, check(code)]).toString('hex');
  const bits = BigInt(`0x${all}`) << BigInt(PADDING);
  const at = (index: number): string =>
    ALPHABET[Number((bits >> BigInt(5 * (CHARACTERS - 1 - index))) & 31n)] ?? '';
  const text = Array.from({ length: CHARACTERS }, (_, index) => at(index)).join('');
  return text.replace(/.{4}(?=.)/g, '$&-');
}

/** The caller erases it. Throws `wrong-credential`: a form with a wrong check is no code. */
export function parseCode(text: string): Buffer {
  const plain = text.toUpperCase().replace(/[\s-]/g, '').replace(/[IL]/g, '1').replaceAll('O', '0');
  const digits = [...plain].map((letter) => ALPHABET.indexOf(letter));
  if (digits.length !== CHARACTERS || digits.includes(-1)) throw mistyped();
  const bits = digits.reduce((value, digit) => (value << 5n) | BigInt(digit), 0n);
  if ((bits & ((1n << BigInt(PADDING)) - 1n)) !== 0n) throw mistyped();
  const all = Buffer.from((bits >> BigInt(PADDING)).toString(16).padStart((CODE_SIZE + 1) * 2, '0'), 'hex');
  const code = all.subarray(0, CODE_SIZE);
  if (!check(code).equals(all.subarray(CODE_SIZE))) throw mistyped();
  return code;
}

const mistyped = (): HsmError =>
  new HsmError('wrong-credential', 'this is no unlock code: a character is wrong or missing');
