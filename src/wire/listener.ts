/** Requests from node:http to the pipeline and back: ids, limits, timeouts, keep-alive and draining. */
import { hash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ListenOptions, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ServiceError } from '../core/errors.ts';
import { HttpHead } from '../core/http-head.ts';
import type { RequestBody } from './body-stream.ts';
import { bodyTooLarge, tooManyBodies, toServiceError } from './errors.ts';
import {
  answerConnect,
  answerExpectation,
  answerMalformed,
  healthReply,
  type PlainReply,
  unknownPath,
  withoutHost,
} from './http-replies.ts';
import type { Log } from './log.ts';
import type { Pipeline, Request } from './pipeline.ts';
import type { BufferedRoute, Protocol, Reply, ReplyStream, Route, StreamedRoute } from './protocol.ts';
import { BodyMemory, readBody } from './read-body.ts';
import { sendStream } from './send-stream.ts';

export interface ListenerOptions {
  readonly pipeline: Pipeline;
  /** Asked in turn; the first that knows a request has it. */
  readonly protocols: readonly Protocol[];
  readonly log: Log;
  /** Why this server is not ready to serve, or undefined: the answer of /healthz. */
  readonly unready: () => string | undefined;
  readonly limits?: Partial<ListenerLimits>;
}

/** Bytes and milliseconds. */
export interface ListenerLimits {
  readonly headerBytes: number;
  readonly headersMs: number;
  /** For a body that is read whole; of one that is streamed, for as long as nothing of it comes or is taken. */
  readonly requestMs: number;
  readonly keepAliveMs: number;
  /** Bytes of bodies that are still coming in, of all connections together. */
  readonly bodyMemory: number;
  /** 0 for as many as the process may open. */
  readonly connections: number;
  /** How often a client that waits for an operation is told that it goes on (102 Processing); 0 for never. */
  readonly signOfLifeMs: number;
}

/** Longer than the idle time after which AWS SDKs and load balancers drop a connection of their own accord. */
const KEEP_ALIVE_MS = 75_000;
const NO_CONTENT = 204;
const NOT_MODIFIED = 304;
const CHECKS_PER_TIMEOUT = 3;
/** As Node has it for a request that does not come to its end in time. */
const timedOut = Object.assign(new Error('the request took too long'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
const standardLimits: ListenerLimits = {
  headerBytes: 16_384,
  headersMs: 15_000,
  requestMs: 60_000,
  keepAliveMs: KEEP_ALIVE_MS,
  bodyMemory: 128 * 1024 * 1024,
  connections: 0,
  signOfLifeMs: 0,
};

/** One request and what its answer goes to. */
interface Exchange {
  readonly head: HttpHead;
  readonly requestId: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client waits for leave to send its body (Expect: 100-continue). */
  readonly waits: boolean;
  /** Ends the connection when the whole request does not come in time. */
  readonly timer: NodeJS.Timeout;
}

export class HttpListener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #memory: BodyMemory;
  readonly #limits: ListenerLimits;
  #draining = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
    const limits = { ...standardLimits, ...options.limits };
    this.#limits = limits;
    this.#memory = new BodyMemory(limits.bodyMemory);
    this.#server = createServer({
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      // A body that is streamed may take as long as its client keeps sending: see #serveBody and #serveStream.
      requestTimeout: 0,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: Math.ceil(limits.headersMs / CHECKS_PER_TIMEOUT),
      noDelay: true,
      // Node would refuse without a request id: see #receive.
      requireHostHeader: false,
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
    this.#server.on('connect', (_, socket: Duplex) => {
      options.pipeline.refused.add('UnknownPath');
      answerConnect(socket);
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
    const timer = setTimeout(() => answerMalformed(timedOut, socket), this.#limits.requestMs).unref();
    request.once('end', () => clearTimeout(timer));
    const exchange = { head, requestId: randomUUID(), request, response, waits, timer };
    if (request.httpVersion === '1.1' && head.get('host') === undefined) {
      this.#options.pipeline.refused.add('MalformedHttp');
      this.#answer(exchange, withoutHost);
    } else if (head.path === '/healthz' && (method === 'GET' || method === 'HEAD'))
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
      const payloadHash = route.payloadHash?.(head, body) ?? hash('sha256', body, 'hex');
      const read = () => route.decode(head, body);
      void this.#serve(exchange, { head, requestId, protocol, route, payloadHash, read });
    });
  }

  #serveStream(exchange: Exchange, protocol: Protocol, route: StreamedRoute): void {
    const { head, requestId } = exchange;
    const stream = this.#openBody(exchange, protocol, route);
    if (stream === undefined || !this.#bodyMayCome(exchange, protocol, route)) return;
    const payloadHash = head.get('x-amz-content-sha256') ?? '';
    const read = () => route.decode(head, stream);
    void this.#serve(exchange, { head, requestId, protocol, route, payloadHash, stream, read });
  }

  /** Undefined when there is none that can be read, which is then answered. */
  #openBody(exchange: Exchange, protocol: Protocol, route: StreamedRoute): RequestBody | undefined {
    try {
      const { request, timer } = exchange;
      clearTimeout(timer);
      request.socket.setTimeout(this.#limits.requestMs);
      // What is done with the body once it is whole may take longer.
      request.once('end', () => request.socket.setTimeout(0));
      // An operation that stops reading still answers.
      return route.body(exchange.head, request.iterator({ destroyOnReturn: false }));
    } catch (error) {
      this.#refuse(exchange, protocol, toServiceError(error, route.bound.faults));
      return undefined;
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
    const { signOfLifeMs } = this.#limits;
    const goesOn = () => {
      if (!exchange.response.headersSent) exchange.response.writeProcessing();
    };
    const signs = signOfLifeMs === 0 ? undefined : setInterval(goesOn, signOfLifeMs).unref();
    try {
      this.#answer(exchange, await pipeline.serve(request));
    } catch (error) {
      // Nothing of the pipeline rejects; were it to, the client would wait for an answer for ever.
      log.error('a request was left without answer', { requestId: exchange.requestId, error });
      const { protocol, route } = request;
      this.#answer(exchange, protocol.errorReply(toServiceError(error, route.bound.faults)));
    } finally {
      clearInterval(signs);
    }
  }

  #refuse(exchange: Exchange, protocol: Protocol, error: ServiceError): void {
    this.#answer(exchange, this.#options.pipeline.refuse(protocol, error, exchange.requestId));
  }

  #answer(exchange: Exchange, reply: Reply | PlainReply): void {
    const { head, requestId, response } = exchange;
    if (response.destroyed || response.headersSent) {
      void reply.stream?.close();
      return;
    }
    const { stream, status } = reply;
    if (stream !== undefined) this.#sendStream(exchange, reply, stream);
    else {
      const body = typeof reply.body === 'string' ? reply.body : reply.body(exchange);
      const length = Buffer.byteLength(body);
      response.writeHead(status, this.#headers(exchange, reply, length));
      // ASCII, as most bodies are, goes out as it lies in memory.
      response.end(body, length === body.length ? 'latin1' : 'utf8');
    }
    const { log } = this.#options;
    if (log.enabled('debug'))
      log.debug('answered', { requestId, method: head.method, path: head.path, status });
  }

  #sendStream(exchange: Exchange, reply: Reply, stream: ReplyStream): void {
    const { requestId, response } = exchange;
    response.writeHead(reply.status, this.#headers(exchange, reply, stream.length));
    sendStream(response, stream, this.#limits.requestMs).catch((error: unknown) => {
      this.#options.log.error('an answer was broken off', { requestId, error });
    });
  }

  #headers({ request, requestId, waits }: Exchange, reply: Reply | PlainReply, length: number): string[] {
    const { contentType, headers: more, requestIdHeader = 'x-amzn-RequestId' } = reply;
    const headers = [requestIdHeader, requestId];
    if (reply.status !== NO_CONTENT && reply.status !== NOT_MODIFIED)
      headers.push('Content-Length', String(length));
    if (contentType !== undefined) headers.push('Content-Type', contentType);
    if (more !== undefined) headers.push(...more);
    if ('allow' in reply) headers.push('Allow', reply.allow);
    // Node discards what is left of a body and then reads the next request; one that waits for leave to send
    // its body may send either.
    if (this.#draining || (waits && !request.complete)) headers.push('Connection', 'close');
    return headers;
  }
}
