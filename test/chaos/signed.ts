/** A call that a test sends piece by piece: the SDK would neither stop in its middle nor show its first byte. */
import { type ClientRequest, request } from 'node:http';
import aws4 from 'aws4';
import { readCredentials } from '../clients/environment.ts';
import type { TestServer } from '../support/server.ts';

export interface SignedCall {
  readonly request: ClientRequest;
  readonly body: string;
}

/** On a connection of its own. Nothing is sent yet. */
export function signedCall(server: TestServer, operation: string, input: object): SignedCall {
  const { host, hostname, port } = new URL(server.endpoint);
  const body = JSON.stringify(input);
  const signed = aws4.sign(
    {
      host,
      path: '/',
      method: 'POST',
      service: 'kms',
      region: 'us-east-1',
      headers: {
        'Content-Type': 'application/x-amz-json-1.1',
        'X-Amz-Target': `TrentService.${operation}`,
      },
      body,
    },
    readCredentials(server.credentialsFile),
  );
  const headers = { ...signed.headers };
  return { request: request({ hostname, port, method: 'POST', path: '/', headers, agent: false }), body };
}
