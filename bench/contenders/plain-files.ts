import { benchPath } from '../paths.ts';
import { anyCredentials, type Contender } from './contender.ts';

const server = (name: string, about: string, ...more: readonly string[]): Contender => ({
  name,
  about,
  install: async () => undefined,
  command: (port, folder) => ({
    program: process.execPath,
    args: [benchPath('plain-file-server.ts'), String(port), folder, ...more],
  }),
  readyPath: '/',
  credentials: anyCredentials,
});

export const plainFiles = server('plain-files', 'node:http that keeps bodies as plain files; the yardstick');
export const plainSynced = server('plain-synced', 'the same, each file synced before its answer', 'sync');
