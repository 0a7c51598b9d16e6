/**
 * A virtual HSM: `main.ts`, started by a host in the sandbox of server/sandbox.ts with the descriptors of protocol/ipc.ts.
 * All code is loaded when this file runs; then even reading it is given up.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { closeSync, readSync } from 'node:fs';
import type { Socket } from 'node:net';
import { FATAL_EXIT } from '../engine/protocol/ipc.ts';
import { type Log, logTo, whereFrom } from '../engine/protocol/log.ts';
import { Clients } from './clients.ts';
import { Machine } from './machine.ts';
import { approveByHost, removeMember } from './operations/cluster.ts';
import { HsmError } from './protocol/errors.ts';
import { toHost, toHsm } from './protocol/host-messages.ts';
import { descriptors, type FromHsm, HOST_SECRET_SIZE, type ToHsm } from './protocol/ipc.ts';
import { Link, routesOf } from './protocol/link.ts';
import { hsmStates } from './protocol/values.ts';

const log = logTo('hsm');

if (process.channel === undefined) throw new Error('an HSM is started by its host only');
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.permission.drop('fs.read');
run(log, readHostSecret());

function run(log: Log, hostSecret: KeyObject): void {
  let host: Link<typeof toHost> | undefined;
  const machine: Machine = new Machine({
    files: descriptors,
    hostSecret,
    log,
    mark: async (mark) => {
      if (host === undefined) throw new HsmError('state', 'the host is gone');
      await host.call('mark', mark);
    },
    changed: (state) => {
      clients.refresh();
      // Fails when the host is gone, and then this process ends.
      host?.call('changed', { state: hsmStates.indexOf(state) }).catch(() => undefined);
    },
    peerLost: (hsmId) => tell({ type: 'peer-lost', hsmId }),
  });
  const clients = new Clients(machine, log);

  process.on('disconnect', () => {
    machine.stop();
    process.exit(0);
  });
  process.on('message', (message: ToHsm, handed: unknown) => {
    // Absent when the other end was closed before it could be handed over.
    if (handed === undefined) return;
    const socket = handed as Socket;
    if (message.type === 'client') clients.attach(socket);
    else if (message.type === 'peer') machine.attachPeer(socket, message.hsmId, message.server);
    else if (host === undefined) host = hostLink(socket, machine);
    else socket.destroy();
  });
  tell({ type: 'ready' });
}

function hostLink(socket: Socket, machine: Machine): Link<typeof toHost> {
  const routes = routesOf(toHsm, {
    start: (request) => done(() => machine.start(request)),
    describe: () => machine.describe(),
    initialize: (request) => done(() => machine.initialize(request)),
    approveMember: ({ hsmId, identity }) => done(() => approveByHost(machine.active.hsm, hsmId, identity)),
    removeMember: ({ hsmId }) => done(() => removeMember(machine.active.hsm, hsmId)),
    heldElsewhere({ held }) {
      machine.heldElsewhere = held;
      return {};
    },
    backup: () => machine.backup(),
    readBackup: (request) => machine.backups.read(request),
    writeBackup: ({ part }) => done(() => machine.writeBackup(part)),
    restore: (request) => done(() => machine.restore(request)),
    readAudit: ({ first, limit }) => ({ lines: machine.audit?.read(first, limit) ?? [] }),
    stop: () => done(() => machine.stop()),
  });
  return new Link(socket, toHost, {
    routes,
    pauseWhenBlocked: true,
    failed: (error) => log('host-request-failed', whereFrom(error)),
    closed: () => {
      machine.stop();
      process.exit(0);
    },
  });
}

/** For what has an empty reply. */
function done(act: () => unknown): Record<string, never> | Promise<Record<string, never>> {
  const result = act();
  return result instanceof Promise ? result.then(() => ({})) : {};
}

function readHostSecret(): KeyObject {
  const secret = Buffer.alloc(HOST_SECRET_SIZE);
  let size = 0;
  while (size < HOST_SECRET_SIZE) {
    const read = readSync(descriptors.hostSecret, secret, size, HOST_SECRET_SIZE - size, null);
    if (read === 0) break;
    size += read;
  }
  closeSync(descriptors.hostSecret);
  if (size !== HOST_SECRET_SIZE) {
    log('host-secret-refused', { size });
    process.exit(FATAL_EXIT);
  }
  const key = createSecretKey(secret);
  secret.fill(0);
  return key;
}

function tell(message: FromHsm): void {
  // Fails when the host is gone, and then this process ends.
  process.send?.(message, undefined, undefined, () => undefined);
}
