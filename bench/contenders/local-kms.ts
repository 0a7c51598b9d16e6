import { existsSync } from 'node:fs';
import { runToEnd } from '../child.ts';
import { benchPath } from '../paths.ts';
import { anyCredentials, type Contender } from './contender.ts';

const version = 'v0.0.0-20260228092603-2a5e92d09ab6';
const folder = benchPath('.cache', `local-kms-${version}`);
const program = `${folder}/local-kms`;

export const localKms: Contender = {
  name: 'local-kms',
  about: 'local-kms (Go): checks no signature, keeps its keys in plain text',
  install: async () => {
    if (existsSync(program)) return;
    await runToEnd('go', ['install', `github.com/nsmithuk/local-kms@${version}`], { GOBIN: folder });
  },
  command: (port, data) => ({
    program,
    args: [],
    env: { PORT: String(port), KMS_REGION: 'us-east-1', KMS_DATA_PATH: data },
  }),
  readyPath: '/',
  credentials: anyCredentials,
};
