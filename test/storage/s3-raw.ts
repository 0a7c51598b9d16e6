/** S3 requests as they are on the wire, signed by aws4 with the credentials of a server. */
import assert from 'node:assert/strict';
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import aws4 from 'aws4';
import { type Credentials, type Reachable, readCredentials } from '../clients/environment.ts';

export interface S3Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** Of an error. */
  readonly code: string | undefined;
}
export interface S3Options {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  readonly region?: string;
  readonly service?: string;
  readonly credentials?: Credentials;
  /** Changes what was signed. */
  readonly alter?: (request: {
    path: string;
    headers: Record<string, string>;
    body: Buffer | string;
  }) => void;
}
export type S3Call = (method: string, path: string, options?: S3Options) => Promise<S3Reply>;

export function s3Caller(server: Reachable): S3Call {
  const { hostname, port, host } = new URL(server.endpoint);
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  return (method, path, options = {}) => {
    const body = options.body ?? '';
    const signed = aws4.sign(
      {
        service: options.service ?? 's3',
        region: options.region ?? 'us-east-1',
        method,
        host,
        path,
        headers: {
          ...(body.length > 0 && { 'Content-Length': String(Buffer.byteLength(body)) }),
          ...options.headers,
        },
        body: body as string,
      },
      options.credentials ?? readCredentials(server.credentialsFile),
    );
    const request = { path, headers: { ...(signed.headers as Record<string, string>) }, body };
    options.alter?.(request);
    return send(
      { hostname, port, agent, method, path: request.path, headers: request.headers },
      request.body,
    );
  };
}

/** A request that was signed elsewhere, or not at all. */
export const send = (options: object, body: Buffer | string): Promise<S3Reply> =>
  new Promise((resolve, reject) => {
    const request = httpRequest(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString();
        const code = /<Code>(.*?)<\/Code>/.exec(text)?.[1];
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, text, code });
      });
    });
    request.on('error', reject);
    request.end(body);
  });

/** Resolves with the body of a refusal. */
export async function expectRefusal(
  s3: S3Call,
  [status, code]: readonly [number, string],
  method: string,
  path: string,
  options?: S3Options,
): Promise<string> {
  const reply = await s3(method, path, options);
  assert.deepEqual([reply.status, reply.code], [status, code], reply.text);
  return reply.text;
}

export async function expectPut(
  s3: S3Call,
  path: string,
  body: Buffer | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<S3Reply> {
  const reply = await s3('PUT', path, { body, headers });
  assert.equal(reply.status, 200, `${path} ${reply.status} ${reply.text}`);
  return reply;
}

type Without<F> = F extends (s3: S3Call, ...request: infer Request) => infer Answer
  ? (...request: Request) => Answer
  : never;
export type Refused = Without<typeof expectRefusal>;
export type Put = Without<typeof expectPut>;
