/** Signed AWS JSON 1.1 requests to KMS: one to call at once, or whole HTTP/1.1 requests prepared for the load. */
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

type Input = Readonly<Record<string, unknown>>;

const HOST = '127.0.0.1';

const sign = async ({ port, credentials }: Target, operation: string, input: Input) => {
  const signer = new SignatureV4({ service: 'kms', region: 'us-east-1', credentials, sha256: Sha256 });
  const body = JSON.stringify(input);
  const { headers } = await signer.sign({
    method: 'POST',
    protocol: 'http:',
    hostname: HOST,
    port,
    path: '/',
    query: {},
    headers: {
      host: `${HOST}:${port}`,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `TrentService.${operation}`,
    },
    body,
  });
  return { headers, body };
};

/** The request as it goes over the wire. */
export const wireRequest = async (target: Target, operation: string, input: Input): Promise<Buffer> => {
  const { headers, body } = await sign(target, operation, input);
  const fields = { ...headers, 'user-agent': 'lockholm-bench', 'content-length': Buffer.byteLength(body) };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST / HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
};

/** One call, outside what is measured. */
export const call = async (target: Target, operation: string, input: Input): Promise<Input> => {
  const { headers, body } = await sign(target, operation, input);
  const answer = await fetch(`http://${HOST}:${target.port}/`, { method: 'POST', headers, body });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${operation} answered ${answer.status}: ${text.slice(0, 300)}`);
  return JSON.parse(text);
};
