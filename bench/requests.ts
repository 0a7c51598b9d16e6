/** Signed requests to KMS and S3: one to send at once, or whole HTTP/1.1 requests prepared for the load. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface Target {
  readonly port: number;
  readonly credentials: Credentials;
}

export interface Message {
  readonly service: 'kms' | 's3';
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export type Input = Readonly<Record<string, unknown>>;

const HOST = '127.0.0.1';

const kmsMessage = (operation: string, input: Input): Message => ({
  service: 'kms',
  method: 'POST',
  path: '/',
  headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `TrentService.${operation}` },
  body: JSON.stringify(input),
});

/** The signature leaves the body out, so that the server hashes it only as far as its ETag or encryption needs. */
export const s3Message = (method: string, path: string, headers: Message['headers'] = {}): Message => ({
  service: 's3',
  method,
  path,
  headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', ...headers },
});

const sign = async ({ port, credentials }: Target, message: Message): Promise<Record<string, string>> => {
  const { service, method, path, body } = message;
  const signer = new SignatureV4({
    service,
    region: 'us-east-1',
    credentials,
    sha256: Sha256,
    uriEscapePath: service !== 's3',
  });
  const { headers } = await signer.sign({
    method,
    protocol: 'http:',
    hostname: HOST,
    port,
    path,
    query: {},
    headers: { host: `${HOST}:${port}`, ...message.headers },
    body,
  });
  return headers;
};

/** The request as it goes over the wire; without `message.body`, up to where `bodyBytes` of a body are to follow. */
export const wireRequest = async (target: Target, message: Message, bodyBytes = 0): Promise<Buffer> => {
  const { method, path, body = '' } = message;
  const fields = {
    ...(await sign(target, message)),
    'user-agent': 'lockholm-bench',
    'content-length': Buffer.byteLength(body) + bodyBytes,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
};

export const kmsRequest = (target: Target, operation: string, input: Input): Promise<Buffer> =>
  wireRequest(target, kmsMessage(operation, input));

/** One request, outside what is measured; its body is `piece`, `times` times. Throws where the answer is none of success. */
export const send = async (
  target: Target,
  message: Message,
  piece: Buffer = Buffer.from(message.body ?? ''),
  times = 1,
): Promise<IncomingMessage> => {
  const headers = { ...(await sign(target, message)), 'content-length': piece.length * times };
  const { method, path } = message;
  const request = httpRequest({ host: HOST, port: target.port, method, path, headers, agent: false });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject);
  });
  for (let sent = 0; sent < times; sent += 1) {
    if (!request.write(piece)) await Promise.race([drained(request), answered]);
  }
  request.end();
  const answer = await answered;
  if (answer.statusCode === 200) return answer;
  throw new Error(`${method} ${path} answered ${answer.statusCode}: ${(await textOf(answer)).slice(0, 300)}`);
};

const drained = (request: ReturnType<typeof httpRequest>) =>
  new Promise<void>((resolve) => {
    request.once('drain', resolve);
  });

const textOf = async (answer: IncomingMessage): Promise<string> => (await answer.toArray()).join('');

/** One call of KMS, outside what is measured. */
export const call = async (target: Target, operation: string, input: Input): Promise<Input> => {
  const text = await textOf(await send(target, kmsMessage(operation, input)));
  return text === '' ? {} : JSON.parse(text);
};

export const textIn = (value: unknown): string => {
  if (typeof value === 'string') return value;
  throw new Error(`expected a text in the answer, not ${JSON.stringify(value)}`);
};
