/** npm run verify: all that must hold before a change lands, on a fresh clone too. Stops at the first failure. */

import { checkGenerated } from './generate.mjs';
import { ensureInstalled } from './install.mjs';
import { Failure, inRoot, main, run } from './project.mjs';
import { runTests } from './test.mjs';
import { ensureTestClients } from './test-clients.mjs';

const step = async (name, body) => {
  const started = Date.now();
  process.stdout.write(`${name} ... `);
  try {
    await body();
  } catch (error) {
    console.log('failed');
    throw error;
  }
  console.log(`${((Date.now() - started) / 1000).toFixed(1)} s`);
};

const tool = async (name, args) => {
  const { code, output } = await run(inRoot('node_modules', '.bin', name), args, { capture: true });
  if (code !== 0) throw new Failure(output);
};

await main(async () => {
  await ensureInstalled();
  await step('format and lint', () => tool('biome', ['check', '--error-on-warnings', '.']));
  await step('types', () => tool('tsc', ['--noEmit']));
  await step('generated files', checkGenerated);
  await step('stock clients for tests', ensureTestClients);
  console.log('tests');
  await runTests([]);
});
