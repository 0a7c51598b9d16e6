/** What a stock client is given to reach a server: the files that the server wrote, and nothing of the caller's own. */
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { KMSClient } from '@aws-sdk/client-kms';

/** What `startServer` answers has these. */
export interface Reachable {
  readonly endpoint: string;
  readonly data: string;
  readonly credentialsFile: string;
  readonly configFile: string;
}

export const root = join(import.meta.dirname, '..', '..');
const venv = join(root, 'test', '.cache', 'venv', 'bin');

/** Of the virtual environment that test/requirements.txt describes. */
export const python = join(venv, 'python');
export const aws = join(venv, 'aws');

/** The environment of a client's process. */
export const clientEnvironment = (server: Reachable): Record<string, string> => ({
  PATH: `${venv}${delimiter}${process.env.PATH ?? ''}`,
  HOME: server.data,
  AWS_SHARED_CREDENTIALS_FILE: server.credentialsFile,
  AWS_CONFIG_FILE: server.configFile,
  AWS_EC2_METADATA_DISABLED: 'true',
});

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export const readCredentials = (path: string): Credentials => {
  const text = readFileSync(path, 'utf8');
  const setting = (name: string) => new RegExp(`^${name}\\s*=\\s*(\\S+)`, 'm').exec(text)?.[1] ?? '';
  return {
    accessKeyId: setting('aws_access_key_id'),
    secretAccessKey: setting('aws_secret_access_key'),
  };
};

/** The AWS SDK for JavaScript, for this process. */
export const kmsClient = (
  server: Reachable,
  credentials = readCredentials(server.credentialsFile),
): KMSClient => new KMSClient({ endpoint: server.endpoint, region: 'us-east-1', credentials });
