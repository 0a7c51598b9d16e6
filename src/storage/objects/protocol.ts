/**
 * REST with XML: method, path and query name the operation (S3 API reference). Buckets are in the path, whatever the
 * host is called.
 */
import { hash } from 'node:crypto';
import type { Service } from '../../core/call.ts';
import { ServiceError } from '../../core/errors.ts';
import type { HttpHead } from '../../core/http-head.ts';
import type { Authenticated, Authenticator } from '../../identity/authenticator.ts';
import type { ChunkSeed } from '../../identity/sigv4/chunk-signatures.ts';
import type { BufferedRoute, Protocol, Reply, Route, StreamedRoute } from '../../wire/protocol.ts';
import { errorReply } from '../../wire/rest-xml/error.ts';
import { declaredHash, openPayload, type Payload } from '../../wire/rest-xml/payload.ts';
import { writeXml, XML_TYPE } from '../../wire/rest-xml/xml.ts';
import { type BoundOperation, bindOperations } from '../../wire/services.ts';
import { accessDenied, invalidRequest } from './errors.ts';
import type { S3Answer, S3Operation } from './operation.ts';
import { operationTable } from './operation-table.ts';
import { type Named, nameOf, requestOf, type S3Request } from './request.ts';
import type { S3Input } from './service.ts';
import { checkUnderstood, findOperation } from './understood.ts';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const REQUEST_ID = 'x-amz-request-id';
/** S3's own bound for one PutObject. */
const OBJECT_MAX = 5 * 1024 ** 3;
/**
 * A thousand keys for DeleteObjects, each of 1,024 bytes, with their elements. It is read before the signature can be checked
 * (SECURITY.md, "Requests"), so no more.
 */
const DOCUMENT_MAX = 1.25 * 1024 ** 2;
const OWN_PATHS = /^\/(?:healthz|_lockholm)(?:\/|$)/;
const SCOPE = /\/s3\/aws4_request\b/;

export class S3Protocol implements Protocol {
  readonly authenticator: Authenticator;
  readonly #bound: ReadonlyMap<string, BoundOperation>;
  /** Of requests whose chunks are signed, from their authentication on. */
  readonly #seeds = new WeakMap<HttpHead, ChunkSeed>();

  /** `signatures` MUST take paths of `s3` as they are sent. */
  constructor(signatures: Authenticator, service: Service) {
    this.#bound = new Map(bindOperations(service).map((bound) => [bound.operation.name, bound]));
    this.authenticator = { authenticate: (...request) => this.#authenticate(signatures, ...request) };
  }

  route(head: HttpHead): Route | ServiceError | undefined {
    if (!isForS3(head)) return undefined;
    try {
      const named = nameOf(head);
      const found = findOperation(operationTable, head.method, named);
      // What is signed for nothing need not say what its body is: there is nobody who may do it.
      if (credentialText(head) === '') throw accessDenied('Access Denied');
      const declared = declaredHash(head);
      if (found.body === 'object') return this.#streamed(found, named);
      if (declared.startsWith('STREAMING-'))
        throw invalidRequest('This operation takes no body in aws-chunked.');
      return this.#buffered(found, named, declared);
    } catch (error) {
      if (error instanceof ServiceError) return error;
      throw error;
    }
  }

  errorReply(error: ServiceError): Reply {
    return errorReply(error, REQUEST_ID);
  }

  #streamed(row: S3Operation, named: Named): StreamedRoute {
    return {
      streamed: true,
      bound: this.#boundOf(row),
      bodyLimit: OBJECT_MAX,
      body: (head, source) => openPayload(head, source, OBJECT_MAX, () => this.#seeds.get(head)),
      decode: (head, body) => ({ ...decode(row, requestOf(head, named, { payload: body as Payload })) }),
      encode,
    };
  }

  #buffered(row: S3Operation, named: Named, declared: string): BufferedRoute {
    return {
      streamed: false,
      bound: this.#boundOf(row),
      bodyLimit: row.body === 'document' ? DOCUMENT_MAX : 0,
      payloadHash: () => declared,
      decode(head, body) {
        if (declared !== 'UNSIGNED-PAYLOAD' && declared !== hash('sha256', body, 'hex')) throw otherBody();
        return { ...decode(row, requestOf(head, named, { body })) };
      },
      encode,
    };
  }

  #boundOf({ name }: S3Operation): BoundOperation {
    const bound = this.#bound.get(name);
    if (bound === undefined) throw new TypeError(`${name} is not in the service`);
    return bound;
  }

  #authenticate(
    signatures: Authenticator,
    head: HttpHead,
    ...rest: [service: string, payloadHash: string]
  ): Authenticated | Promise<Authenticated> {
    const keep = (found: Authenticated): Authenticated => {
      if (found.chunkSeed !== undefined) this.#seeds.set(head, found.chunkSeed);
      return found;
    };
    const found = signatures.authenticate(head, ...rest);
    return found instanceof Promise ? found.then(keep) : keep(found);
  }
}

/** Where a request says whose key it is signed with. */
function credentialText(head: HttpHead): string {
  const header = head.get('authorization');
  if (header !== undefined) return header;
  return head.query.includes('X-Amz-Credential=') ? head.query.replaceAll(/%2[fF]/g, '/') : '';
}

/** What is signed for S3, and what is signed for nothing and names a bucket: that is refused in S3's words. */
function isForS3(head: HttpHead): boolean {
  if (!head.path.startsWith('/') || OWN_PATHS.test(head.path)) return false;
  const credential = credentialText(head);
  return credential === '' ? head.path !== '/' : SCOPE.test(credential);
}

function decode(row: S3Operation, request: S3Request): S3Input {
  const { head, bucket, key } = request;
  checkUnderstood(row, request);
  return { bucket, key, owner: head.get('x-amz-expected-bucket-owner'), input: row.decode(request) };
}

function encode(output: unknown): Reply {
  const { status = 200, headers = [], xml, stream } = output as S3Answer;
  const reply = { status, headers, requestIdHeader: REQUEST_ID };
  if (stream !== undefined) return { ...reply, body: '', stream };
  if (xml === undefined) return { ...reply, body: '' };
  return { ...reply, contentType: XML_TYPE, body: writeXml(xml[0], xml[1], NAMESPACE) };
}

const otherBody = (): ServiceError =>
  new ServiceError(
    'XAmzContentSHA256Mismatch',
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  );
