/**
 * The protocol of the operator's socket: POST /<Operation> with a JSON body. Whoever can open the socket, which
 * its file's permissions decide, is the operator: the listener vouches for the caller.
 */
import { JournalError } from '../audit/contract.ts';
import type { Caller, Service } from '../core/call.ts';
import { ServiceError } from '../core/errors.ts';
import type { HttpHead } from '../core/http-head.ts';
import type { AccountId, Region } from '../core/ids.ts';
import type { Authenticated, Authenticator } from '../identity/authenticator.ts';
import { StoreError } from '../store/contract.ts';
import { statusOf } from './errors.ts';
import { jsonRoute } from './json/route.ts';
import type { Protocol, Reply, Route } from './protocol.ts';
import { bindOperations } from './services.ts';

const CONTENT_TYPE = 'application/json';

/** `uid`: the only user, beside root, whom the socket's permissions let in. */
export const operatorCaller = (uid: number, account: AccountId): Caller =>
  Object.freeze({
    type: 'Operator',
    account,
    arn: `operator:${uid}`,
    principalId: `operator:${uid}`,
  });

export class OperatorJson implements Protocol {
  readonly authenticator: Authenticator;
  readonly #routes = new Map<string, Route>();

  /** `region` is the one that journal entries of operators' acts name. */
  constructor(service: Service, caller: Caller, region: Region) {
    const vouched: Authenticated = { caller, region };
    this.authenticator = { authenticate: () => vouched };
    for (const bound of bindOperations(service)) {
      this.#routes.set(`/${bound.operation.name}`, jsonRoute(bound, CONTENT_TYPE));
    }
  }

  route(head: HttpHead): Route | ServiceError | undefined {
    if (head.method !== 'POST') return undefined;
    return (
      this.#routes.get(head.path) ??
      new ServiceError('UnknownOperationException', `There is no operation ${head.path.slice(1, 65)}.`)
    );
  }

  errorReply(error: ServiceError): Reply {
    const message = unwritten(error.cause) ?? error.wireMessage ?? error.code;
    const body = JSON.stringify({ code: error.code, message });
    return { status: statusOf(error), contentType: CONTENT_TYPE, body };
  }
}

/** Operators are those who can make room; nobody else is told of the disk. */
function unwritten(cause: unknown): string | undefined {
  if (cause instanceof JournalError)
    return `${cause.message} Until then no command is answered, not even one that only reads, for none can be recorded.`;
  return cause instanceof StoreError && cause.code === 'full' ? cause.message : undefined;
}
