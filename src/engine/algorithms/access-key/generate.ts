/** The secret of an access key: 40 characters of the base64 alphabet, 240 random bits, as AWS makes them. */
import { randomBytes } from 'node:crypto';

const SECRET_BYTES = 30;

/** ASCII, the caller's to erase. */
export function generateAccessKeySecret(): Buffer {
  const raw = randomBytes(SECRET_BYTES);
  const secret = Buffer.from(raw.toString('base64'), 'ascii');
  raw.fill(0);
  return secret;
}
