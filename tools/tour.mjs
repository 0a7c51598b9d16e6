/**
 * npm run tour: installs if need be, then shows on a server of its own who could read a file under each way to encrypt
 * it (docs/who-can-read-it.md). `-- --keep` keeps the folder that it works in.
 */
import { runInForeground } from './foreground.mjs';
import { ensureInstalled } from './install.mjs';
import { inRoot, main } from './project.mjs';

await main(async () => {
  await ensureInstalled();
  runInForeground('tour', [inRoot('tools', 'tour', 'main.ts'), ...process.argv.slice(2)]);
});
