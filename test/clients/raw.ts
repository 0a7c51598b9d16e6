/** Calls as they are on the wire, signed by the SDK's own signer, answered undecoded. */
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { type Credentials, type Reachable, readCredentials } from './environment.ts';

export interface RawReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** The body as JSON; undefined when there is none. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

export interface RawOptions {
  readonly credentials?: Credentials;
  readonly region?: string;
  readonly service?: string;
  /** What the operation's name in `X-Amz-Target` begins with. Default: that of KMS. */
  readonly target?: string;
  readonly now?: Date;
  /** Changes the request after it was signed. */
  readonly alter?: (request: { headers: Record<string, string>; body: string }) => void;
}

export type RawCall = (operation: string, input: object, options?: RawOptions) => Promise<RawReply>;

export const rawCaller = (server: Reachable): RawCall => {
  const url = new URL(server.endpoint);
  return async (operation, input, options = {}) => {
    const signer = new SignatureV4({
      service: options.service ?? 'kms',
      region: options.region ?? 'us-east-1',
      credentials: options.credentials ?? readCredentials(server.credentialsFile),
      sha256: Sha256,
    });
    const signed = await signer.sign(
      {
        method: 'POST',
        protocol: url.protocol,
        hostname: url.hostname,
        port: Number(url.port),
        path: '/',
        headers: {
          host: url.host,
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `${options.target ?? 'TrentService'}.${operation}`,
        },
        body: JSON.stringify(input),
      },
      { signingDate: options.now ?? new Date() },
    );
    const request = { headers: signed.headers, body: String(signed.body) };
    options.alter?.(request);
    const response = await fetch(url, { method: 'POST', ...request });
    const body = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body,
      json: body === '' ? undefined : JSON.parse(body),
    };
  };
};
