/** Connections of a command: to each HSM that is selected, or to the first of them that serves. */
import { HsmConnection } from '../../hsm/client/connection.ts';
import type { Trust } from '../../hsm/client/trust.ts';
import { HsmError } from '../../hsm/protocol/errors.ts';
import { type HsmState, hsmStates } from '../../hsm/protocol/values.ts';
import { Failure } from '../failure.ts';
import { refused } from './advice.ts';
import { addressText, readAnchor, type Selection, type Target, targetsOf } from './selection.ts';

export interface ToHsm {
  readonly connection: HsmConnection;
  /** For messages: its id and address. */
  readonly where: string;
}

export async function connectTo(target: Target, selection: Selection, allowLocked: boolean): Promise<ToHsm> {
  const address = addressText(target.address);
  const trust = await trustOf(target, selection, allowLocked);
  try {
    const connection = await HsmConnection.connect({ address: target.address, trust });
    const { hsmId } = connection.peer;
    return { connection, where: hsmId === '' ? address : `${hsmId} (${address})` };
  } catch (error) {
    throw refused(error, address);
  }
}

/** Where the server named the cluster's certificate, another one that the CA signed does not do in its place. */
async function trustOf(
  { clusterCertificate }: Target,
  { trustAnchor, clusterId, identity }: Selection,
  allowLocked: boolean,
): Promise<Trust> {
  if (identity !== undefined) return { identity };
  const anchor = await readAnchor(trustAnchor);
  return {
    anchor,
    allowLocked,
    ...(clusterCertificate !== undefined && { clusterCertificate }),
    ...(clusterId !== undefined && { clusterId }),
  };
}

/** Runs `work` on the first selected HSM that is unlocked. */
export async function onAny<T>(selection: Selection, work: (hsm: ToHsm) => Promise<T>): Promise<T> {
  const hsm = await connectToAny(selection);
  try {
    return await work(hsm);
  } catch (error) {
    throw await explained(error, hsm);
  } finally {
    hsm.connection.close();
  }
}

async function connectToAny(selection: Selection): Promise<ToHsm> {
  const failures: Failure[] = [];
  for (const target of await targetsOf(selection)) {
    try {
      return await connectTo(target, selection, false);
    } catch (error) {
      if (!(error instanceof Failure && error.cause instanceof HsmError)) throw error;
      failures.push(error);
    }
  }
  throw new Failure(failures.map(({ message }) => message).join('\n'), undefined, failures.at(-1)?.cause);
}

/** Runs `work` on every selected HSM, locked ones too, one after the other, whether it works at those before or not. */
export async function onEach<T>(
  selection: Selection,
  work: (hsm: ToHsm) => Promise<T>,
): Promise<{ readonly done: readonly T[]; readonly failures: readonly Failure[] }> {
  const [done, failures]: [T[], Failure[]] = [[], []];
  for (const target of await targetsOf(selection)) {
    try {
      done.push(await onOne(target, selection, work));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  }
  return { done, failures };
}

async function onOne<T>(target: Target, selection: Selection, work: (hsm: ToHsm) => Promise<T>): Promise<T> {
  const hsm = await connectTo(target, selection, true);
  try {
    return await work(hsm);
  } catch (error) {
    throw await explained(error, hsm);
  } finally {
    hsm.connection.close();
  }
}

/** Where the HSM's state is why, it is asked for it. */
export async function explained(error: unknown, { connection, where }: ToHsm): Promise<unknown> {
  const isState = error instanceof HsmError && error.code === 'state';
  const state = isState ? await stateOf(connection).catch(() => undefined) : undefined;
  return refused(error, where, state);
}

async function stateOf(connection: HsmConnection): Promise<HsmState> {
  const { state } = await connection.call('info', {});
  return hsmStates[state] ?? 'halted';
}
