import { isUtf8 } from 'node:buffer';
import { serialization } from './decode.ts';

/** The JSON value of a request body. AWS answers malformed JSON by a SerializationException without message. */
export function parseBody(body: Buffer): unknown {
  if (!isUtf8(body)) throw serialization();
  try {
    return JSON.parse(body.toString());
  } catch {
    throw serialization();
  }
}
