/** npm run build: what is published, in dist/ (or the folder named): compiled sources and the files beside them. */
import { chmodSync, copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Failure, inRoot, main, run } from './project.mjs';

const dist = resolve(process.argv[2] ?? inRoot('dist'));

await main(async () => {
  rmSync(dist, { recursive: true, force: true });
  const tsc = inRoot('node_modules', '.bin', 'tsc');
  const { code, output } = await run(tsc, ['-p', 'tsconfig.build.json', '--outDir', dist], { capture: true });
  if (code !== 0) throw new Failure(output);
  for (const name of readdirSync(inRoot('src'), { recursive: true })) {
    if (!name.endsWith('.sql')) continue;
    mkdirSync(dirname(join(dist, name)), { recursive: true });
    copyFileSync(inRoot('src', name), join(dist, name));
  }
  chmodSync(join(dist, 'main.js'), 0o755);
});
