/** npm run generate: writes every generated file anew, by each tools/generate-*.ts. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Failure, inRoot, main, pinnedNode, run } from './project.mjs';

/**
 * What generators and their formatter read, and the folders that they write into. A generator finds the clone by where
 * it lies itself.
 */
const parts = ['package.json', 'biome.json', '.gitignore', 'src', 'tools', 'docs', 'schemas'];

const generators = (root) =>
  readdirSync(join(root, 'tools')).filter((name) => /^generate-.*\.ts$/.test(name));

export const generate = async (root = inRoot()) => {
  for (const name of generators(root)) {
    const { code, output } = await run(pinnedNode, [join(root, 'tools', name)], { capture: true });
    if (code !== 0) throw new Failure(`tools/${name} failed:\n${output}`);
  }
};

/** Fails when a generated file is not what its generator writes, and names it. Writes into a copy alone. */
export const checkGenerated = async () => {
  const copy = mkdtempSync(join(tmpdir(), 'lockholm-generate-'));
  try {
    for (const part of parts.filter((name) => existsSync(inRoot(name))))
      cpSync(inRoot(part), join(copy, part), { recursive: true });
    symlinkSync(inRoot('node_modules'), join(copy, 'node_modules'));
    await generate(copy);
    const stale = filesOf(copy).filter((name) => !sameFile(inRoot(name), join(copy, name)));
    if (stale.length === 0) return;
    const names = stale.map((name) => `  ${name}`).join('\n');
    throw new Failure(`Generated files are out of date: npm run generate, and commit them.\n${names}`);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
};

/** Whatever a generator wrote, wherever. */
const filesOf = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

const sameFile = (path, other) => existsSync(path) && readFileSync(path).equals(readFileSync(other));

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main(() => generate());
