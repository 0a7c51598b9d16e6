/** The store's worker: the only code that touches its database. One message in may hold many requests. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { openDatabase } from './database.ts';
import { diagnose } from './failures.ts';
import { OPENED, type Reply, type Request, type WorkerOptions } from './messages.ts';
import { Service } from './service.ts';

const port = parentPort;
if (port === null) throw new Error('the store worker runs as a worker only');
const options = workerData as WorkerOptions;
const send = (replies: readonly Reply[]) => port.postMessage(replies);

/** Everything that has arrived, so that it shares one transaction. */
function gather(first: readonly Request[]): Request[] {
  const batch = [...first];
  for (let next = receiveMessageOnPort(port as NonNullable<typeof port>); next; ) {
    batch.push(...(next.message as readonly Request[]));
    next = receiveMessageOnPort(port as NonNullable<typeof port>);
  }
  return batch;
}

try {
  const service = new Service(openDatabase(options.path), options, send);
  port.on('message', (first: readonly Request[]) => service.handle(gather(first)));
  send([{ seq: OPENED, value: undefined }]);
} catch (error) {
  const { code, message } = diagnose(error, options.path).error;
  send([{ seq: OPENED, failure: { code, message } }]);
}
