/**
 * An engine: `main.ts <fast|slow> [descriptor of the seal]`, started by the supervisor in the sandbox of
 * server/sandbox.ts. All code is loaded when this file runs; then even reading it is given up.
 */
import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { Domain } from './domain.ts';
import { helloHandler, routesOf, serveFront } from './front-connection.ts';
import { fastLane } from './lanes/fast.ts';
import { slowLane } from './lanes/slow.ts';
import { OpenedTokens } from './opened-tokens.ts';
import { PeerConnection } from './peer-connection.ts';
import { FATAL_EXIT, type FromEngine, type Lane, lanes, type ToEngine } from './protocol/ipc.ts';
import { logTo } from './protocol/log.ts';
import { exitWithParent } from './protocol/parent.ts';
import { readSeal } from './seal/file.ts';

const log = logTo('engine');
const [, , laneName, sealDescriptor] = process.argv;
const lane = lanes.find((name) => name === laneName);
if (lane === undefined) throw new Error('an engine is started as `fast` or `slow`');
exitWithParent();
process.permission.drop('fs.read');
startLane(lane, sealDescriptor);

function startLane(name: Lane, seal: string | undefined): void {
  const opened = new OpenedTokens();
  const domain = new Domain((state) => opened.keepOnly(state));
  let peer: PeerConnection | undefined;

  // Again for a peer that came meanwhile: it was given the state in force, not yet this one.
  const push = async (blob: Buffer): Promise<void> => {
    for (let asked: PeerConnection | undefined; asked !== peer; ) {
      asked = peer;
      await asked?.push(blob);
    }
  };
  const handlers = name === 'fast' ? fastLane(domain, opened) : slowLane(domain, push);
  const routes = routesOf({ hello: helloHandler(name, domain), ...handlers });
  const meet = (socket: Socket): void => {
    const replaced = peer;
    peer = undefined;
    replaced?.close();
    const events = {
      rootHeld: () => tell({ type: 'root-held' }),
      lost() {
        if (peer !== met) return;
        peer = undefined;
        tell({ type: 'peer-lost' });
      },
    };
    const met: PeerConnection = new PeerConnection(socket, domain, events, log);
    peer = met;
  };

  if (seal !== undefined) unseal(domain, Number(seal));
  process.on('message', ({ type }: ToEngine, socket: unknown) => {
    if (type === 'ping') tell({ type: 'pong' });
    // Absent when the other end was closed before it could be handed over.
    if (socket === undefined) return;
    if (type === 'peer') meet(socket as Socket);
    else serveFront(socket as Socket, routes, log);
  });
  tell({ type: 'ready' });
}

function unseal(domain: Domain, fd: number): void {
  try {
    domain.holdRoot(readSeal(fd));
    closeSync(fd);
  } catch (error) {
    log('seal-refused', { reason: (error as Error).message });
    process.exit(FATAL_EXIT);
  }
  tell({ type: 'root-held' });
}

function tell(message: FromEngine): void {
  // Fails when the supervisor is gone, and then this process ends: see exitWithParent.
  process.send?.(message, undefined, undefined, () => undefined);
}
