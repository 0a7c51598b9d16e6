/** What a lane is made of: a handler for each message that it answers. */
import type { MessageName, ReplyOf, RequestOf } from '../protocol/messages.ts';
import type { Session } from '../session.ts';

/**
 * Throws EngineError for a refusal. Requests' bytes are views: copy what is kept beyond the call, or beyond
 * the first `await`. Bytes of a reply belong to the handler's caller, which erases those that hold secrets.
 */
export type Handler<N extends MessageName> = (
  request: RequestOf<N>,
  session: Session,
) => ReplyOf<N> | Promise<ReplyOf<N>>;

export type Handlers<Names extends MessageName = MessageName> = { readonly [N in Names]: Handler<N> };
