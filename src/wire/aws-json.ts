/**
 * AWS JSON 1.1: POST / with `X-Amz-Target: <prefix>.<operation>`. An operation without output answers with an
 * empty body; an error has `__type` and a message.
 */
import type { Service } from '../core/call.ts';
import { ServiceError } from '../core/errors.ts';
import type { HttpHead } from '../core/http-head.ts';
import type { Authenticator } from '../identity/authenticator.ts';
import { statusOf } from './errors.ts';
import { jsonRoute } from './json/route.ts';
import type { Protocol, Reply, Route } from './protocol.ts';
import { bindOperations } from './services.ts';

const CONTENT_TYPES = 'application/x-amz-json-';
const CONTENT_TYPE = 'application/x-amz-json-1.1';
/** AWS's own front end makes these two, and spells it so; SDKs read both. */
const capitalised: readonly string[] = ['AccessDeniedException', 'SerializationException'];
/** So does the service model of CloudHSM v2, where a shape's members have their names. */
const isCapitalised = (code: string): boolean => capitalised.includes(code) || code.startsWith('CloudHsm');

export class AwsJson implements Protocol {
  readonly authenticator: Authenticator;
  readonly #routes = new Map<string, Route>();

  /** `services` by the prefix of their targets, such as `TrentService`. */
  constructor(authenticator: Authenticator, services: ReadonlyMap<string, Service>) {
    this.authenticator = authenticator;
    for (const [prefix, service] of services) {
      for (const bound of bindOperations(service)) {
        this.#routes.set(`${prefix}.${bound.operation.name}`, jsonRoute(bound, CONTENT_TYPE));
      }
    }
  }

  route(head: HttpHead): Route | ServiceError | undefined {
    if (head.method !== 'POST' || head.path !== '/') return undefined;
    const target = head.get('x-amz-target');
    // Without either it may be of another protocol on the same path.
    if (target === undefined && !head.get('content-type')?.startsWith(CONTENT_TYPES)) return undefined;
    return this.#routes.get(target ?? '') ?? new ServiceError('UnknownOperationException');
  }

  errorReply(error: ServiceError): Reply {
    const key = isCapitalised(error.code) ? 'Message' : 'message';
    const body = JSON.stringify({ __type: error.code, [key]: error.wireMessage });
    return { status: statusOf(error), contentType: CONTENT_TYPE, body };
  }
}
