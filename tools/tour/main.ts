/** npm run tour: one server, six ways to encrypt, one order, and what came of it. docs/who-can-read-it.md tells it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seconds } from './screen.ts';
import { lastLines, stopAll } from './server.ts';
import { tour } from './tour.ts';

const INTERRUPTED = 130;

const { keep } = parseArgs({ options: { keep: { type: 'boolean', default: false } } }).values;
const newFolder = (name: string) => mkdtemp(join(tmpdir(), `lockholm-${name}-`));
const [folder, pages] = [await newFolder('tour'), await newFolder('custody')];

/** However it comes, and once: nothing runs on, and nothing is left but the pages of a tour that came through. */
let ended = false;
async function end(code: number, isThrough: boolean): Promise<void> {
  if (ended) return;
  ended = true;
  await stopAll();
  if (keep) console.log(`Kept: ${folder}`);
  const unwanted = [...(keep ? [] : [folder]), ...(isThrough ? [] : [pages])];
  for (const path of unwanted) await rm(path, { recursive: true, force: true });
  process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'])
  process.on(signal, () => {
    if (!ended) console.error('\nInterrupted: stopping what was started.');
    void end(INTERRUPTED, false);
  });

try {
  const problems = await tour({ folder, pages });
  for (const problem of problems) console.error(`UNEXPECTED: ${problem}`);
  console.log(`\nDone in ${seconds()} s.`);
  await end(problems.length === 0 ? 0 : 1, true);
} catch (error) {
  // What a stop breaks off fails.
  if (!ended)
    console.error(
      `\nThe tour failed: ${(error as Error).stack ?? error}\n\nSaid last:\n${lastLines().join('\n')}`,
    );
  await end(1, false);
}
