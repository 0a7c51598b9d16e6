import type { Command } from 'commander';
import type { Status } from '../../operator/operations/get-status.ts';
import { EXIT_USAGE, Failure } from '../failure.ts';
import { callOperator } from '../operator-client.ts';
import { print, printJson } from '../output.ts';
import { onServer } from '../program.ts';

interface Options {
  readonly data: string;
  readonly json?: boolean;
  readonly yes?: boolean;
}

/** Keys are destroyed by what this lets go on, so it asks for the one thing that only a person can know. */
export function registerAcknowledge(clock: Command): void {
  const command = clock
    .command('acknowledge')
    .description('say that the server’s clock is right, so that jobs which destroy go on')
    .option('--yes', 'the clock was compared with another one, and is right');
  onServer(command).action(async ({ data, json, yes }: Options) => {
    const { Jobs } = await callOperator<Status>(data, 'GetStatus', {});
    if (Jobs.Clock === 'trusted') {
      if (json) printJson({ Clock: 'trusted' });
      else print('The clock is not in doubt: there is nothing to acknowledge.');
      return;
    }
    if (!yes) {
      throw new Failure(
        `In doubt: ${Jobs.Message ?? 'the clock'}.\nWaiting: ${Jobs.Held.join(', ') || 'nothing yet'}. ` +
          `The clock of this machine says ${new Date().toISOString()}.\n` +
          'If that is right: lockholm clock acknowledge --yes',
        EXIT_USAGE,
      );
    }
    const { Clock } = await callOperator<{ readonly Clock: string }>(data, 'AcknowledgeClock', {});
    if (json) printJson({ Clock });
    else print(`The clock is taken to be right at ${Clock}; what waited goes on within seconds.`);
  });
}
