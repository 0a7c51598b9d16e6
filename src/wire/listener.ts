/** Requests from node:http to the pipeline and back: ids, limits, timeouts, keep-alive and draining. */
import { hash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ListenOptions, Socket } from 'node:net';
import { ServiceError } from '../core/errors.ts';
import { HttpHead } from '../core/http-head.ts';
import { BodyStream } from './body-stream.ts';
import { bodyTooLarge, tooManyBodies, toServiceError } from './errors.ts';
import { answerExpectation, answerMalformed, healthReply, type PlainReply, unknownPath } from './http-replies.ts';
import type { Log } from './log.ts';
import type { Pipeline, Request } from './pipeline.ts';
import type { BufferedRoute, Protocol, Reply, Route, StreamedRoute } from './protocol.ts';
import { BodyMemory, readBody } from './read-body.ts';

export interface ListenerOptions {
  readonly pipeline: Pipeline;
  /** Asked in turn; the first that knows a request has it. */
  readonly protocols: readonly Protocol[];
  readonly log: Log;
  /** Why this server is not ready to serve, or undefined: the answer of GET /healthz. */
  readonly unready: () => string | undefined;
  readonly limits?: Partial<ListenerLimits>;
}

/** Bytes and milliseconds. */
export interface ListenerLimits {
  readonly headerBytes: number;
  readonly headersMs: number;
  readonly requestMs: number;
  readonly keepAliveMs: number;
  /** Bytes of bodies that are still coming in, of all connections together. */
  readonly bodyMemory: number;
  /** 0 for as many as the process may open. */
  readonly connections: number;
}

/** Longer than the idle time after which AWS SDKs and load balancers drop a connection of their own accord. */
const KEEP_ALIVE_MS = 75_000;
const CHECKS_PER_TIMEOUT = 3;
const standardLimits: ListenerLimits = {
  headerBytes: 16_384,
  headersMs: 15_000,
  requestMs: 60_000,
  keepAliveMs: KEEP_ALIVE_MS,
  bodyMemory: 128 * 1024 * 1024,
  connections: 0,
};

const HEX_SHA256 = /^[0-9a-f]{64}$/;

/** One request and what its answer goes to. */
interface Exchange {
  readonly head: HttpHead;
  readonly requestId: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client waits for leave to send its body (Expect: 100-continue). */
  readonly waits: boolean;
}

export class HttpListener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #memory: BodyMemory;
  #draining = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
    const limits = { ...standardLimits, ...options.limits };
    this.#memory = new BodyMemory(limits.bodyMemory);
    this.#server = createServer({
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: Math.ceil(limits.headersMs / CHECKS_PER_TIMEOUT),
      noDelay: true,
    });
    // Header lines beyond a count would vanish unseen; their size is bounded already.
    this.#server.maxHeadersCount = 0;
    if (limits.connections > 0) this.#server.maxConnections = limits.connections;
    this.#server.on('request', (request, response) => this.#receive(request, response, false));
    this.#server.on('checkContinue', (request, response) => this.#receive(request, response, true));
    this.#server.on('checkExpectation', (_, response) => {
      options.pipeline.refused.add('UnknownExpectation');
      answerExpectation(response);
    });
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      options.pipeline.refused.add('MalformedHttp');
      answerMalformed(error, socket);
    });
  }

  /** Resolves with the port that is listened on; undefined for a Unix socket. */
  listen(where: ListenOptions): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(where, () => {
        this.#server.off('error', reject);
        const address = this.#server.address();
        resolve(typeof address === 'object' ? address?.port : undefined);
      });
    });
  }

  /** Stops accepting, answers what is under way, closes idle connections; after `graceMs` closes all. */
  drain(graceMs: number): Promise<void> {
    this.#draining = true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#server.closeAllConnections(), graceMs);
      this.#server.close(() => {
        clearTimeout(timer);
        resolve();
      });
      this.#server.closeIdleConnections();
    });
  }

  #receive(request: IncomingMessage, response: ServerResponse, waits: boolean): void {
    const { method = '', url = '', rawHeaders, socket } = request;
    const head = new HttpHead(method, url, rawHeaders, socket.remoteAddress ?? '');
    const exchange = { head, requestId: randomUUID(), request, response, waits };
    if (head.path === '/healthz' && method === 'GET')
      this.#answer(exchange, healthReply(this.#options.unready()));
    else this.#route(exchange);
  }

  #route(exchange: Exchange): void {
    for (const protocol of this.#options.protocols) {
      const route = protocol.route(exchange.head);
      if (route instanceof ServiceError) this.#refuse(exchange, protocol, route);
      else if (route?.streamed) this.#serveStream(exchange, protocol, route);
      else if (route !== undefined) this.#serveBody(exchange, protocol, route);
      else continue;
      return;
    }
    this.#options.pipeline.refused.add('UnknownPath');
    this.#answer(exchange, unknownPath(exchange.head));
  }

  #serveBody(exchange: Exchange, protocol: Protocol, route: BufferedRoute): void {
    if (!this.#bodyMayCome(exchange, protocol, route)) return;
    readBody(exchange.request, route.bodyLimit, this.#memory, (body) => {
      if (typeof body === 'string') {
        this.#refuse(exchange, protocol, body === 'too-large' ? bodyTooLarge() : tooManyBodies());
        return;
      }
      const { head, requestId } = exchange;
      const payloadHash = hash('sha256', body, 'hex');
      const read = () => route.decode(head, body);
      void this.#serve(exchange, { head, requestId, protocol, route, payloadHash, read });
    });
  }

  #serveStream(exchange: Exchange, protocol: Protocol, route: StreamedRoute): void {
    const { head, requestId } = exchange;
    const payloadHash = head.get('x-amz-content-sha256') ?? '';
    if (!HEX_SHA256.test(payloadHash)) {
      const message = 'x-amz-content-sha256 must be the SHA-256 of the body.';
      this.#refuse(exchange, protocol, new ServiceError('InvalidRequest', message));
    } else if (this.#bodyMayCome(exchange, protocol, route)) {
      const stream = new BodyStream(exchange.request, payloadHash, route.bodyLimit);
      const read = () => route.decode(head, stream);
      void this.#serve(exchange, { head, requestId, protocol, route, payloadHash, stream, read });
    }
  }

  /** False when the body is announced as too large, which is then answered. */
  #bodyMayCome(exchange: Exchange, protocol: Protocol, route: Route): boolean {
    const announced = Number(exchange.head.get('content-length') ?? 0);
    if (announced > route.bodyLimit) {
      this.#refuse(exchange, protocol, bodyTooLarge());
      return false;
    }
    if (exchange.waits) exchange.response.writeContinue();
    return true;
  }

  async #serve(exchange: Exchange, request: Request): Promise<void> {
    const { log, pipeline } = this.#options;
    try {
      this.#answer(exchange, await pipeline.serve(request));
    } catch (error) {
      // Nothing of the pipeline rejects; were it to, the client would wait for an answer for ever.
      log.error('a request was left without answer', { requestId: exchange.requestId, error });
      const { protocol, route } = request;
      this.#answer(exchange, protocol.errorReply(toServiceError(error, route.bound.faults)));
    }
  }

  #refuse(exchange: Exchange, protocol: Protocol, error: ServiceError): void {
    this.#answer(exchange, this.#options.pipeline.refuse(protocol, error, exchange.requestId));
  }

  #answer({ head, requestId, request, response, waits }: Exchange, reply: Reply | PlainReply): void {
    if (response.destroyed || response.headersSent) return;
    const { status, contentType, body } = reply;
    const length = Buffer.byteLength(body);
    const headers = ['x-amzn-RequestId', requestId, 'Content-Length', String(length)];
    if (contentType !== undefined) headers.push('Content-Type', contentType);
    if ('allow' in reply) headers.push('Allow', reply.allow);
    // Node discards what is left of a body and then reads the next request; one that waits for leave to send
    // its body may send either.
    if (this.#draining || (waits && !request.complete)) headers.push('Connection', 'close');
    response.writeHead(status, headers);
    // ASCII, as most bodies are, goes out as it lies in memory.
    response.end(body, length === body.length ? 'latin1' : 'utf8');
    const { log } = this.#options;
    if (log.enabled('debug'))
      log.debug('answered', { requestId, method: head.method, path: head.path, status });
  }
}
