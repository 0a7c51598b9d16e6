import aws4 from 'aws4';
import { HttpHead } from '../../src/core/http-head.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface ToSign {
  readonly time: number;
  readonly service?: string;
  readonly region?: string;
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export const amzDate = (ms: number): string => new Date(ms).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');

/** The headers of a signed KMS request, by aws4. */
export function signedHeaders(credentials: Credentials, request: ToSign): Record<string, string> {
  const signed = aws4.sign(
    {
      service: request.service ?? 'kms',
      region: request.region ?? 'eu-central-1',
      method: request.method ?? 'POST',
      host: request.host ?? 'localhost',
      path: request.path ?? '/',
      headers: {
        'Content-Type': 'application/x-amz-json-1.1',
        'X-Amz-Target': 'TrentService.ListKeys',
        'X-Amz-Date': amzDate(request.time),
        ...request.headers,
      },
      body: request.body ?? '{}',
    },
    credentials,
  );
  return Object.fromEntries(Object.entries(signed.headers ?? {}).map(([name, text]) => [name, String(text)]));
}

export const headOf = (headers: Readonly<Record<string, string>>, target = '/', method = 'POST'): HttpHead =>
  new HttpHead(method, target, Object.entries(headers).flat(), '127.0.0.1');
