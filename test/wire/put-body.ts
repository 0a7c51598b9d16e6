/** A protocol that is not JSON: PUT /upload/<name> with the text as the body, read as it comes. */
import type { Service } from '../../src/core/call.ts';
import { ServiceError } from '../../src/core/errors.ts';
import type { HttpHead } from '../../src/core/http-head.ts';
import type { Authenticator } from '../../src/identity/authenticator.ts';
import { BodyStream } from '../../src/wire/body-stream.ts';
import { statusOf } from '../../src/wire/errors.ts';
import type { Protocol, Reply, Route } from '../../src/wire/protocol.ts';
import { bindOperations } from '../../src/wire/services.ts';

const LIMIT = 100_000;
const HEX_SHA256 = /^[0-9a-f]{64}$/;
const PATH = /^\/upload\/([^/]*)$/;

export class PutBody implements Protocol {
  readonly authenticator: Authenticator;
  readonly #route: Route;

  constructor(authenticator: Authenticator, service: Service) {
    this.authenticator = authenticator;
    const bound = bindOperations(service).find(({ operation }) => operation.name === 'Upload');
    if (bound === undefined) throw new TypeError('the service takes no uploads');
    this.#route = {
      bound,
      streamed: true,
      bodyLimit: LIMIT,
      body: (head, source) => declaredBody(head, source),
      decode: (head, body) => ({ Name: PATH.exec(head.path)?.[1], Body: body }),
      encode: (output) => ({
        status: 201,
        contentType: 'text/plain',
        body: (output as { Text: string }).Text.toUpperCase(),
      }),
    };
  }

  route(head: HttpHead): Route | ServiceError | undefined {
    if (!PATH.test(head.path)) return undefined;
    return head.method === 'PUT' ? this.#route : new ServiceError('MethodNotAllowed', 'Only PUT.');
  }

  errorReply(error: ServiceError): Reply {
    const body = `${error.code}: ${error.wireMessage ?? ''}`;
    return { status: statusOf(error), contentType: 'text/plain', body };
  }
}

/** Throws InvalidRequest when the request declares no SHA-256 of its body. */
function declaredBody(head: HttpHead, source: AsyncIterable<Buffer>): BodyStream {
  const declared = head.get('x-amz-content-sha256') ?? '';
  if (HEX_SHA256.test(declared)) return new BodyStream(source, declared, LIMIT);
  throw new ServiceError('InvalidRequest', 'x-amz-content-sha256 must be the SHA-256 of the body.');
}
