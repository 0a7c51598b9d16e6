/** A supervisor in a process of its own: `supervisor-fixture.ts <folder> <mode of the front> <drain ms>`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSupervisor } from '../../src/server/supervisor.ts';

const [, , folder = '', mode = '', drainMs] = process.argv;
const supervisor = startSupervisor({
  front: { main: join(import.meta.dirname, 'front-fixture.ts'), argv: [folder, mode], settings: {}, env: {} },
  data: folder,
  sealFile: join(folder, 'seal'),
  drainMs: Number(drainMs),
  backoff: { firstMs: 20, capMs: 100, stableMs: 60_000 },
  liveness: { everyMs: 100, silentTurns: 3, busyTurns: 1_000 },
  log: () => undefined,
});
const children = ['front', 'fast', 'slow'] as const;
const note = setInterval(() => {
  const pids = children.map((child) => [child, supervisor.pid(child) ?? 0]);
  writeFileSync(join(folder, 'pids'), JSON.stringify(Object.fromEntries(pids)));
}, 10);
process.exitCode = await supervisor.stopped;
clearInterval(note);
