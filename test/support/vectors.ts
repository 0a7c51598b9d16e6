/** Vector files under test/vectors/: JSON, bytes in hexadecimal. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const readVectors = <T>(name: string): T =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', 'vectors', `${name}.json`), 'utf8')) as T;

export const hex = (text: string): Buffer => Buffer.from(text, 'hex');
