import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectPath } from '../paths.ts';
import type { Credentials } from '../requests.ts';
import type { Contender } from './contender.ts';

/** A setting of the AWS credentials file's first profile. */
const setting = (text: string, name: string): string => {
  const value = new RegExp(`^${name}\\s*=\\s*(\\S+)\\s*$`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`the credentials file has no ${name}`);
  return value;
};

/** Of the root access key that the server made. */
export const credentialsIn = (folder: string): Credentials => {
  const text = readFileSync(join(folder, 'credentials'), 'utf8');
  return {
    accessKeyId: setting(text, 'aws_access_key_id'),
    secretAccessKey: setting(text, 'aws_secret_access_key'),
  };
};

export const lockholm: Contender = {
  name: 'lockholm',
  about: 'signatures verified, keys in a sandboxed process, journal synced before each answer',
  install: async () => undefined,
  command: (port, folder) => ({
    program: process.execPath,
    args: [projectPath('src', 'main.ts'), 'serve', '--data', folder, '--listen', `127.0.0.1:${port}`],
  }),
  readyPath: '/healthz',
  credentials: credentialsIn,
};
