/**
 * The sandbox that engines and HSMs run in: Node's permission model ("Permissions" in its documentation) with nothing
 * allowed but to read their own source while it loads. `--no-experimental-sqlite`, because `node:sqlite` opens
 * any path under `--permission`. No flag may ever allow workers: a worker can shed the limits.
 */
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const SOURCE = resolve(import.meta.dirname, '..');

/** Node's flags for a program whose source is in these folders of `src/`, and uses these packages. */
export function sandboxFlags(
  folders: readonly string[],
  packages: readonly string[] = [],
): readonly string[] {
  const readable = [
    ...folders.map((folder) => join(SOURCE, folder)),
    join(SOURCE, '..', 'package.json'),
    ...packageFolders(packages),
  ];
  return ['--permission', '--no-experimental-sqlite', ...readable.map((path) => `--allow-fs-read=${path}`)];
}

export const engineFlags = (): readonly string[] => sandboxFlags(['core', 'engine']);

export const hsmFlags = (): readonly string[] =>
  sandboxFlags(
    ['core', 'engine', 'hsm'],
    ['@peculiar/asn1-csr', '@peculiar/asn1-schema', '@peculiar/asn1-x509'],
  );

/** Where the packages are, and all that they depend on. */
function packageFolders(names: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const add = (name: string, from: string): void => {
    const manifest = findPackageJSON(name, pathToFileURL(from));
    if (manifest === undefined) throw new Error(`the package ${name} is not installed`);
    const folder = dirname(manifest);
    if (found.has(folder)) return;
    found.add(folder);
    const { dependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as { dependencies?: object };
    for (const dependency of Object.keys(dependencies)) add(dependency, manifest);
  };
  for (const name of names) add(name, import.meta.filename);
  return [...found];
}
