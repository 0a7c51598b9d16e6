/**
 * npm run up: installs if need be, then serves, on the pinned Node. Arguments go to `lockholm serve`:
 *   npm run up -- --listen 127.0.0.1:4567 --data /var/lib/lockholm
 */
import { runInForeground } from './foreground.mjs';
import { ensureInstalled } from './install.mjs';
import { inRoot, main } from './project.mjs';

await main(async () => {
  await ensureInstalled();
  runInForeground('server', [inRoot('src', 'main.ts'), 'serve', ...process.argv.slice(2)]);
});
