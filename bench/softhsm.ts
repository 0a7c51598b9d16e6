/** SoftHSM, where Debian's package `softhsm2` or something like it is installed, and pkcs11js to call it with. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from './child.ts';
import { benchPath } from './paths.ts';

const PKCS11JS = 'pkcs11js@2.1.7';
const places = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
];

export interface SoftHsm {
  readonly library: string;
  readonly pkcs11js: string;
}

/** SOFTHSM2_MODULE names the library where it is elsewhere. Throws where it is not there. */
export const installSoftHsm = async (): Promise<SoftHsm> => {
  const { SOFTHSM2_MODULE } = process.env;
  const library = (SOFTHSM2_MODULE === undefined ? places : [SOFTHSM2_MODULE]).find((path) =>
    existsSync(path),
  );
  if (library === undefined)
    throw new Error('no libsofthsm2.so: install softhsm2, or set SOFTHSM2_MODULE to it');
  const folder = benchPath('.cache', PKCS11JS);
  const pkcs11js = join(folder, 'node_modules', 'pkcs11js');
  if (!existsSync(join(pkcs11js, 'build', 'Release', 'pkcs11.node'))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, 'package.json'),
      '{ "private": true, "allowScripts": { "pkcs11js": true } }\n',
    );
    await runToEnd('npm', [
      'install',
      '--prefix',
      folder,
      '--no-audit',
      '--no-fund',
      '--save-exact',
      PKCS11JS,
    ]);
  }
  return { library, pkcs11js };
};

/** The environment in which SoftHSM keeps its token in a new folder, which is there while `work` runs. */
export const withTokenFolder = async <T>(
  work: (env: { readonly SOFTHSM2_CONF: string }) => Promise<T>,
): Promise<T> => {
  const folder = mkdtempSync(benchPath('.cache', 'softhsm-data-'));
  const tokens = join(folder, 'tokens');
  const configuration = join(folder, 'softhsm2.conf');
  try {
    mkdirSync(tokens);
    writeFileSync(
      configuration,
      `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
    );
    return await work({ SOFTHSM2_CONF: configuration });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
