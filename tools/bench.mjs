/** npm run bench: installs if need be, then measures, on the pinned Node. See bench/main.ts for its options. */
import { ensureInstalled } from './install.mjs';
import { inRoot, main, pinnedNode, run } from './project.mjs';

await main(async () => {
  await ensureInstalled();
  const { code } = await run(pinnedNode, [inRoot('bench', 'main.ts'), ...process.argv.slice(2)]);
  process.exitCode = code;
});
