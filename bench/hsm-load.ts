/** The load on an HSM: keeps so many calls in flight on one connection over TLS, as a server that uses it does. */
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { HsmConnection } from '../src/hsm/client/connection.ts';
import type { HsmPlan } from './load-contract.ts';
import { carryOut } from './load-process.ts';
import { Meter } from './meter.ts';

const aad = Buffer.from('purpose=bench');

const open = async ({ host, port, anchor, clusterId, user, password }: HsmPlan): Promise<HsmConnection> => {
  const trust = { anchor, clusterId, allowLocked: false };
  const connection = await HsmConnection.connect({ address: { host, port }, trust });
  await connection.call('login', { user, password, alone: false });
  return connection;
};

carryOut<HsmPlan>(async (plan, measuring) => {
  const { handle, inFlight, operation, plaintextBytes } = plan;
  const connection = await open(plan);
  const plaintext = randomBytes(plaintextBytes);
  const first = await connection.call('encrypt', { handle, plaintext, aad });
  const message = { handle, iv: Buffer.from(first.iv), sealed: Buffer.from(first.sealed), aad };
  const opened = await connection.call('decrypt', message);
  if (!plaintext.equals(opened.plaintext)) throw new Error('the HSM did not decrypt to what was encrypted');

  const work =
    operation === 'Encrypt'
      ? () => connection.call('encrypt', { handle, plaintext, aad })
      : () => connection.call('decrypt', message);
  const meter = new Meter();
  let done = false;
  const keepBusy = async () => {
    while (!done && connection.open) {
      const began = performance.now();
      try {
        await work();
        meter.answered(performance.now() - began);
      } catch (error) {
        if (!done) meter.failed(error instanceof Error ? error.message : String(error));
      }
    }
  };
  const busy = Array.from({ length: inFlight }, keepBusy);
  const result = await meter.measure(plan, measuring);
  done = true;
  await Promise.all(busy);
  connection.close();
  return result;
});
