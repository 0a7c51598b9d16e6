/**
 * Verifiers of passwords: scrypt (RFC 7914) with N = 2^14, r = 8, p = 1: 16 MiB and some 40 ms. What they guard lies in
 * an encrypted store, and five tries lock; a few at one time bound what strangers make the HSM spend.
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { HsmError } from './protocol/errors.ts';

const COST = { N: 16_384, r: 8, p: 1, maxmem: 32 * 1024 * 1024 };
const VERIFIER_SIZE = 32;
const SALT_SIZE = 16;
const AT_ONE_TIME = 2;
const WAITING = 32;

export interface Verifier {
  readonly salt: Uint8Array;
  readonly verifier: Uint8Array;
}

export async function newVerifier(password: string): Promise<Verifier> {
  const salt = randomBytes(SALT_SIZE);
  return { salt, verifier: await stretch(password, salt) };
}

/** Of no password: nobody ever had what was stretched into it. */
export const noPassword = (): Verifier => ({
  salt: randomBytes(SALT_SIZE),
  verifier: randomBytes(VERIFIER_SIZE),
});

export async function isPassword(password: string, { salt, verifier }: Verifier): Promise<boolean> {
  return timingSafeEqual(await stretch(password, salt), verifier);
}

let running = 0;
const waiting: (() => void)[] = [];

async function stretch(password: string, salt: Uint8Array): Promise<Buffer> {
  if (running === AT_ONE_TIME) {
    if (waiting.length === WAITING) throw new HsmError('busy', 'too many passwords are being checked');
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else {
    running += 1;
  }
  try {
    return await new Promise((resolve, reject) =>
      scrypt(password, salt, VERIFIER_SIZE, COST, (error, key) => (error ? reject(error) : resolve(key))),
    );
  } finally {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }
}
