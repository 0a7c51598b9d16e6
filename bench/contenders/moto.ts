import { runToEnd } from '../child.ts';
import { benchPath, projectPath } from '../paths.ts';
import { anyCredentials, type Contender } from './contender.ts';

const venv = benchPath('.cache', 'moto');

export const moto: Contender = {
  name: 'moto',
  about: "moto's server (PyPI): checks no signature, keeps nothing",
  install: () =>
    runToEnd(process.execPath, [
      projectPath('tools', 'python-venv.mjs'),
      venv,
      benchPath('requirements.txt'),
    ]),
  command: (port) => ({
    program: `${venv}/bin/python`,
    args: [`${venv}/bin/moto_server`, '-H', '127.0.0.1', '-p', String(port)],
  }),
  readyPath: '/moto-api/',
  credentials: anyCredentials,
};
