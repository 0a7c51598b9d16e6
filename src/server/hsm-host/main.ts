/**
 * The host of the HSMs: main module of the process that the supervisor starts with the data folder as its one argument.
 * It opens files, listens and dials for the HSMs, and hands them descriptors and sockets; it holds no key.
 */
import type { Socket } from 'node:net';
import { FATAL_EXIT } from '../../engine/protocol/ipc.ts';
import { logTo, whereFrom } from '../../engine/protocol/log.ts';
import { exitWithParent } from '../ipc.ts';
import { Host } from './host.ts';
import type { FromHsmHost, ToHsmHost } from './ipc.ts';

exitWithParent();
const log = logTo('hsm-host');
const host = open(process.argv[2] ?? '');

process.on('message', (message: ToHsmHost, handed: unknown) => {
  const socket = handed as Socket | undefined;
  switch (message.type) {
    case 'front':
      // Absent when the other end was closed before it could be handed over.
      if (socket !== undefined) host.attach(socket);
      return;
    case 'secret':
      // At once: nothing may be read from it here.
      if (socket !== undefined) host.hsm(message.hsmId)?.begin(socket);
      socket?.destroy();
      return;
    case 'no-secret':
      host.hsm(message.hsmId)?.cannotBegin(message.message);
      return;
    case 'ping':
      tell({ type: 'pong' });
      return;
    case 'stop':
      void host.stop().finally(() => process.exit(0));
  }
});
tell({ type: 'ready' });

function open(data: string): Host {
  try {
    return new Host({
      data,
      log,
      wantSecret: (hsmId, family) => tell({ type: 'secret-wanted', hsmId, family }),
    });
  } catch (error) {
    log('host-refused', whereFrom(error));
    process.exit(FATAL_EXIT);
  }
}

function tell(message: FromHsmHost): void {
  // Fails when the supervisor is gone, and then this process ends: see exitWithParent.
  process.send?.(message, undefined, undefined, () => undefined);
}
