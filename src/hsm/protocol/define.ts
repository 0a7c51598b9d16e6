/** A message of a table: its code, and the forms of its request and its reply. */
import { struct } from '../../engine/protocol/codec.ts';

export interface Form<Value> {
  readonly write: (...args: never[]) => void;
  readonly read: (...args: never[]) => Value;
}

export const define = <const Code extends number, Request, Reply>(
  code: Code,
  request: Form<Request>,
  reply: Form<Reply>,
) => ({ code, request, reply }) as const;

export const empty = struct({});
