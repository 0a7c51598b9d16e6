/**
 * The sandbox that an engine runs in: Node's permission model ("Permissions" in its documentation) with nothing
 * allowed but to read its own source while it loads. `--no-experimental-sqlite`, because `node:sqlite` opens
 * any path under `--permission`. No flag may ever allow workers: a worker can shed the limits.
 */
import { join, resolve } from 'node:path';

const SOURCE = resolve(import.meta.dirname, '..');

/** Node's flags for a program whose source is in these folders of `src/`. */
export function sandboxFlags(folders: readonly string[]): readonly string[] {
  const readable = [...folders.map((folder) => join(SOURCE, folder)), join(SOURCE, '..', 'package.json')];
  return ['--permission', '--no-experimental-sqlite', ...readable.map((path) => `--allow-fs-read=${path}`)];
}

export const engineFlags = (): readonly string[] => sandboxFlags(['core', 'engine']);
