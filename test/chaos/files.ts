/** What lies in a data folder's files. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files that hold one of these byte strings, as it is, in hexadecimal or in base64. */
export function filesThatHold(folder: string, secrets: readonly Uint8Array[]): readonly string[] {
  const forms = secrets.flatMap((secret) => formsOf(Buffer.from(secret)));
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => {
      const bytes = readFileSync(path);
      return forms.some((form) => bytes.includes(form));
    });
}

/** Base64 depends on where in a longer text the bytes begin: what is the same wherever they end, for each start. */
function formsOf(secret: Buffer): readonly Buffer[] {
  const base64 = [0, 1, 2].map((start) => {
    const whole = secret.subarray(start, secret.length - ((secret.length - start) % 3));
    return Buffer.from(whole.toString('base64'));
  });
  return [secret, Buffer.from(secret.toString('hex')), ...base64];
}
