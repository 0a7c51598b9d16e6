/**
 * The protocol of the operator's socket: POST /<Operation> with a JSON body. Whoever can open the socket, which
 * its file's permissions decide, is the operator: the listener vouches for the caller.
 */
import type { Caller, Service } from '../core/call.ts';
import { ServiceError } from '../core/errors.ts';
import type { HttpHead } from '../core/http-head.ts';
import type { AccountId, Region } from '../core/ids.ts';
import type { Authenticated, Authenticator } from '../identity/authenticator.ts';
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
    const body = JSON.stringify({ code: error.code, message: error.wireMessage ?? error.code });
    return { status: statusOf(error), contentType: CONTENT_TYPE, body };
  }
}
