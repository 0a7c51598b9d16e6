/**
 * What the sandbox must refuse, tried in a process whose main has run already; its parent is told how each attempt ended.
 * Imported last by sandbox-probe.ts and hsm-sandbox-probe.ts.
 */
import childProcess from 'node:child_process';
import { createSocket } from 'node:dgram';
import { resolve4 } from 'node:dns/promises';
import { once } from 'node:events';
import fs from 'node:fs';
import inspector from 'node:inspector';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import v8 from 'node:v8';
import { Worker } from 'node:worker_threads';

const own = import.meta.filename;
const folder = import.meta.dirname;
const require = createRequire(import.meta.url);

const attempts: Readonly<Record<string, () => unknown>> = {
  'read a file': () => fs.readFileSync('/etc/hostname'),
  'read its own source': () => fs.readFileSync(own),
  'list a folder': () => fs.readdirSync('/'),
  'stat a file': () => fs.statSync('/etc/hostname'),
  'write a file': () => fs.writeFileSync(`${folder}/leak`, ''),
  'open a device': () => fs.openSync('/dev/mem', 'r'),
  'read the memory of a process': () => fs.openSync('/proc/self/mem', 'r'),
  'list its descriptors': () => fs.readdirSync('/proc/self/fd'),
  'read a file asynchronously': () => fs.promises.readFile('/etc/hostname'),
  'load more code': () => import('../../src/server/pairs.ts'),
  'load a database': () => import(`node:${'sqlite'}`),
  'load a database by require': () => require('node:sqlite'),
  'find a database among the built-in modules': () => {
    if (process.getBuiltinModule('node:sqlite') === undefined) throw new Error('there is none');
  },
  'load an addon': () => process.dlopen({ exports: {} }, `${folder}/addon.node`),
  'connect by TCP': () => once(connect(9, '127.0.0.1'), 'connect'),
  'connect to a Unix socket': () => once(connect('/tmp/lockholm-probe'), 'connect'),
  'listen on TCP': () => once(createServer().listen(0, '127.0.0.1'), 'listening'),
  'listen on a Unix socket': () => once(createServer().listen('/tmp/lockholm-probe'), 'listening'),
  'bind a UDP socket': () => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    return once(socket, 'listening');
  },
  'send a UDP packet': () =>
    new Promise((resolve, reject) => {
      createSocket('udp4').send('x', 9, '127.0.0.1', (error) => (error ? reject(error) : resolve(undefined)));
    }),
  'resolve a name': () => resolve4('localhost'),
  'fetch a page': () => fetch('http://127.0.0.1:8080/'),
  'start a process': () => childProcess.spawnSync('/bin/true').error ?? 'started',
  'fork itself': () => once(childProcess.fork(own), 'spawn'),
  'start a worker': () => once(new Worker('', { eval: true, execArgv: [] }), 'online'),
  'open the inspector': () => inspector.open(0),
  'write a heap snapshot': () => v8.writeHeapSnapshot(`${folder}/leak`),
  'write a report': () => process.report.writeReport(`${folder}/leak.json`),
  'regain permission': () => {
    if (!process.permission.has('fs.read')) throw new Error('still without');
  },
};

process.on('message', async (message) => {
  if (message !== 'probe') return;
  const ends: Record<string, string> = {};
  for (const [name, attempt] of Object.entries(attempts)) ends[name] = await endOf(attempt);
  process.send?.({ ends });
});

async function endOf(attempt: () => unknown): Promise<string> {
  // Some refusals surface as an exception on a later turn, which would end a real engine.
  const uncaught = Promise.withResolvers<never>();
  process.once('uncaughtException', uncaught.reject);
  try {
    const result = await Promise.race([attempt(), uncaught.promise]);
    if (result instanceof Error) throw result;
    return 'allowed';
  } catch (error) {
    const { code, message, cause } = error as NodeJS.ErrnoException & { cause?: NodeJS.ErrnoException };
    return code ?? cause?.code ?? message;
  } finally {
    process.off('uncaughtException', uncaught.reject);
  }
}
