/** Answers below any protocol. */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { HttpHead } from '../core/http-head.ts';
import type { Reply } from './protocol.ts';

const JSON_TYPE = 'application/json';

export interface PlainReply extends Reply {
  /** The Allow header of 405. */
  readonly allow: string;
}

/** `reason` says why the server is not ready. */
export const healthReply = (reason: string | undefined): Reply =>
  reason === undefined
    ? { status: 200, contentType: JSON_TYPE, body: '{"status":"ok"}' }
    : { status: 503, contentType: JSON_TYPE, body: JSON.stringify({ status: 'unready', reason }) };

/** What no protocol knows: on a path that is served, the method is wrong, elsewhere nothing is. */
export function unknownPath(head: HttpHead): Reply | PlainReply {
  const allow = head.path === '/' ? 'POST' : head.path === '/healthz' ? 'GET, HEAD' : undefined;
  if (allow === undefined || allow === head.method) {
    return { status: 404, contentType: JSON_TYPE, body: '{"message":"Nothing is served here."}' };
  }
  const body = JSON.stringify({ message: `Served here: ${allow}.` });
  return { status: 405, contentType: JSON_TYPE, body, allow };
}

const malformed: ReadonlyMap<string | undefined, string> = new Map([
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
]);

/** What cannot be parsed as HTTP is answered on the bare socket, which then ends. */
export function answerMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = malformed.get(error.code) ?? '400 Bad Request';
  answerBare(status, socket);
}

/** Nothing is a tunnel here. Node leaves such a socket, its errors and its end to whoever is told of it. */
export function answerConnect(socket: Duplex): void {
  socket.on('error', () => socket.destroy()).once('finish', () => socket.destroy());
  answerBare('405 Method Not Allowed\r\nAllow: POST', socket);
}

/** `status` may have header lines after it. */
function answerBare(status: string, socket: Duplex): void {
  const headers = `x-amzn-RequestId: ${randomUUID()}\r\nContent-Length: 0\r\nConnection: close`;
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n`);
}

/** RFC 9112, section 3.2. */
export const withoutHost: Reply = {
  status: 400,
  contentType: JSON_TYPE,
  body: '{"message":"HTTP/1.1 wants a Host header."}',
  headers: ['Connection', 'close'],
};

/** Of expectations there is only 100-continue (RFC 9110, section 10.1.1). */
export function answerExpectation(response: ServerResponse): void {
  const body = '{"message":"Only 100-continue can be expected."}';
  const headers = ['x-amzn-RequestId', randomUUID(), 'Content-Type', JSON_TYPE, 'Connection', 'close'];
  response.writeHead(417, headers).end(body);
}
