import { InvalidArgumentError } from 'commander';

/** SHA-256, as `lockholm hsm info` shows it. */
export function fingerprint(given: string): string {
  if (!/^[0-9a-fA-F]{64}$/.test(given)) throw new InvalidArgumentError('It is 64 hexadecimal digits.');
  return given.toLowerCase();
}
