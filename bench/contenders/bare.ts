import { benchPath } from '../paths.ts';
import type { Contender } from './contender.ts';

export const bare: Contender = {
  name: 'bare',
  about: 'node:http that reads the body and answers 200 bytes; the yardstick',
  install: async () => undefined,
  command: (port) => ({ program: process.execPath, args: [benchPath('bare-server.ts'), String(port)] }),
  readyPath: '/',
  credentials: undefined,
};
