import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import type { DomainDescription } from '../../operator/operations/describe-domain.ts';
import { Failure } from '../failure.ts';
import { callOperator, OperatorFailure } from '../operator-client.ts';
import { print, printJson, printNotice } from '../output.ts';
import { onServer } from '../program.ts';
import { progressLine } from '../progress.ts';
import { rotationLine } from './show.ts';

interface Options {
  readonly data: string;
  readonly json?: boolean;
  readonly wait?: boolean;
}

const POLL_MS = 500;

export function registerRotate(domain: Command): void {
  const command = domain
    .command('rotate')
    .description('replace the domain key, and re-encrypt in the background everything that is under it')
    .option(
      '--wait',
      'until nothing is under the old key any more; waits for a rotation that is under way already',
    );
  onServer(command).action(async ({ data, json, wait: waits }: Options) => {
    if (!waits) {
      const { FromKey } = await begin(data);
      if (json) printJson({ FromKey });
      else print(`Domain key ${FromKey} is being replaced. To see how far that is: lockholm domain show`);
      return;
    }
    const begun = await begin(data).catch(underWay);
    const after = await untilInterrupted((interrupt) => {
      if (begun === undefined)
        printNotice('A rotation is under way already: waiting for the end of that one.');
      return finished(data, interrupt);
    });
    if (json) printJson(after);
    else
      print(
        `${begun === undefined ? 'The old domain key' : `Domain key ${begun.FromKey}`} is gone; everything is under ` +
          `domain key ${after.CurrentKey}.`,
      );
  });
}

interface Begun {
  readonly FromKey: number;
}
const begin = (data: string): Promise<Begun> => callOperator<Begun>(data, 'RotateDomainKey', {});

function underWay(error: unknown): undefined {
  if (!(error instanceof OperatorFailure && error.code === 'RotationInProgressException')) throw error;
}

const GOES_ON = 'The rotation goes on in the server. To see how far it is: lockholm domain show';
/** As a shell reports a program that SIGINT ended. */
const INTERRUPTED = 130;

/** Only the waiting can be given up here. */
async function untilInterrupted<T>(work: (interrupt: AbortSignal) => Promise<T>): Promise<T> {
  const interrupt = new AbortController();
  const abort = (): void => interrupt.abort(new Failure(GOES_ON, INTERRUPTED));
  process.once('SIGINT', abort);
  try {
    return await work(interrupt.signal);
  } finally {
    process.off('SIGINT', abort);
  }
}

async function finished(data: string, interrupt: AbortSignal): Promise<DomainDescription> {
  const line = progressLine();
  try {
    for (;;) {
      const found = await callOperator<DomainDescription>(data, 'DescribeDomain', {});
      if (found.Rotation === undefined) return found;
      if (found.Rotation.FailedRuns > 0)
        throw new Failure(
          'The rotation failed, and will be tried again; both domain keys stay until then. The log of the server ' +
            'says why. To look again: lockholm domain show',
        );
      line.show(rotationLine(found.Rotation));
      await wait(POLL_MS, undefined, { signal: interrupt }).catch(() => interrupt.throwIfAborted());
    }
  } finally {
    line.end();
  }
}
