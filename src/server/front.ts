/** The front: main module of the process that the supervisor starts and sends the settings. */

import { JournalError } from '../audit/contract.ts';
import { HostClient } from '../cloudhsm/host/client.ts';
import { EngineError } from '../engine/protocol/messages.ts';
import { DomainError } from '../operator/domain/errors.ts';
import { StoreError } from '../store/contract.ts';
import { DataFolderError } from '../store/data-folder.ts';
import { meansNoRoom, noRoom } from '../store/no-room.ts';
import { RowError } from '../store/rows-contract.ts';
import { JsonLog } from '../wire/log.ts';
import { ListenError } from './endpoint.ts';
import { EnginePairs } from './front/engine-pairs.ts';
import { Front } from './front/front.ts';
import { exitWithParent, FATAL_EXIT, listenToSupervisor } from './ipc.ts';
import { freezeSettings, type Settings } from './settings.ts';

/** Starting again would end the same way: somebody has to do something first. */
const REFUSALS = [DataFolderError, StoreError, JournalError, RowError, DomainError, ListenError];

exitWithParent();
const pairs = new EnginePairs();
let front: Front | undefined;

const supervisor = listenToSupervisor({
  engine: (lane, socket, restarts) => pairs.give(lane, socket, restarts),
  silent: (lane, silent) => pairs.watch.silent(lane, silent),
  hsmHost: (socket) => hsmHost.attach(socket),
  drain: () => void drain(),
});
const hsmHost = new HostClient({ wanted: () => supervisor.hsmHostWanted() });
const settings = freezeSettings((await supervisor.settings) as unknown as Settings);
const log = new JsonLog(settings.logLevel, (line) => process.stderr.write(line));
pairs.onLost = (lane) => supervisor.pairLost(lane);

async function drain(): Promise<void> {
  await front?.stop(settings.drainTimeout * 1000);
  process.exit(0);
}

try {
  front = await Front.start(settings, { pairs, hsmHost }, log);
  supervisor.ready(front.endpoint);
} catch (thrown) {
  const error = meansNoRoom(thrown) ? noRoom(settings.data, thrown) : thrown;
  const refusal = REFUSALS.some((kind) => error instanceof kind);
  log.error('the front did not start', refusal ? { reason: (error as Error).message } : { error });
  if (refusal) await supervisor.refused((error as Error).message);
  process.exit(error instanceof EngineError ? 1 : FATAL_EXIT);
}
