/**
 * A front small enough to test the supervisor by: `front-fixture.ts <folder> <mode>`. Writes the port on which it
 * answers GET with 16 random bytes of the fast lane and the domain's epoch of the slow one.
 */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { EngineClient } from '../../src/engine/protocol/client.ts';
import { exitWithParent, FATAL_EXIT, listenToSupervisor } from '../../src/server/ipc.ts';

const [, , folder = '', mode] = process.argv;
exitWithParent();
if (mode === 'fatal') process.exit(FATAL_EXIT);
const note = (name: string, text: string): void => writeFileSync(join(folder, name), text);

const supervisor = listenToSupervisor({
  engine: (lane, socket) => client.attach(lane, socket),
  silent: (lane, silent) => note(`silent-${lane}`, String(silent)),
  hsmHost: () => undefined,
  drain() {
    note('drain', '');
    if (mode === 'stubborn') return;
    server.close(() => process.exit(0));
  },
});
const client: EngineClient = new EngineClient({ onPairLost: (lane) => supervisor.pairLost(lane) });
const server = createServer(async (request, response) => {
  if (request.url === '/slow-answer') await new Promise((resolve) => setTimeout(resolve, 300));
  const [{ value }] = await Promise.all([
    client.call('random', { length: 16 }),
    client.call('createDomain', {}).catch(() => undefined),
  ]);
  response.setHeader('connection', 'close').end(Buffer.from(value).toString('hex'));
});
server.listen(0, '127.0.0.1', () => note('port', String((server.address() as AddressInfo).port)));
