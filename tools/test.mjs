/**
 * npm test: every test, or those of the files named:
 *   npm test -- 'test/kms/*.test.ts'
 * The runner's summary comes last.
 */
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { Failure, main, pinnedNode, run } from './project.mjs';
import { ensureTestClients } from './test-clients.mjs';

/** The runner's default leaves one core idle: of two, half. */
const concurrency = Math.max(2, availableParallelism());

export const runTests = async (files) => {
  const { code } = await run(pinnedNode, [
    '--test',
    `--test-concurrency=${concurrency}`,
    '--test-reporter=spec',
    ...(files.length > 0 ? files : ['test/**/*.test.ts']),
  ]);
  if (code !== 0) throw new Failure('Tests failed.');
};

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    await ensureTestClients();
    await runTests(process.argv.slice(2));
  });
}
