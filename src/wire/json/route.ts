import type { BufferedRoute, Reply } from '../protocol.ts';
import type { BoundOperation } from '../services.ts';
import { parseBody } from './body.ts';
import { jsonBodyLimit } from './body-limit.ts';
import { compileDecoder } from './decode.ts';
import { compileEncoder } from './encode.ts';

const EMPTY: Reply = { status: 200, body: '' };

/** The route to an operation whose input is the JSON body and whose output is JSON. */
export function jsonRoute(bound: BoundOperation, contentType: string): BufferedRoute {
  const { input, output } = bound.operation;
  const read = compileDecoder(input);
  const write = output === null ? undefined : compileEncoder(output);
  return {
    bound,
    streamed: false,
    bodyLimit: jsonBodyLimit(input),
    decode: (_, body) => read(parseBody(body)),
    encode: (value) => (write === undefined ? EMPTY : { status: 200, contentType, body: write(value) }),
  };
}
