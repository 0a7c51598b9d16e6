/** A password for `kmsuser`: letters and digits, as AWS KMS makes them, 190 random bits in 32 characters. */
import { randomInt } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const LENGTH = 32;

/** ASCII, the caller's to erase. */
export function generatePassword(): Buffer {
  const password = Buffer.alloc(LENGTH);
  for (let i = 0; i < LENGTH; i++) password[i] = ALPHABET.charCodeAt(randomInt(ALPHABET.length));
  return password;
}
