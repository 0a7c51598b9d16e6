import type { Operation } from '../../core/call.ts';
import { ServiceError } from '../../core/errors.ts';
import { isoTime, operatorOperation, structure, text } from '../operation.ts';
import type { OperatorParts } from '../parts.ts';

interface Output {
  readonly Clock: string;
}

/** An operator's word that the server's clock is right, so that jobs which destroy go on. */
export const acknowledgeClock = ({ clock, clockGuard, jobs }: OperatorParts): Operation =>
  operatorOperation<object, Output>({
    name: 'AcknowledgeClock',
    input: structure({}),
    output: structure({ Clock: text }),
    readOnly: false,
    audit: [],
    async run(_, call) {
      const { clock: state, held } = jobs.status();
      if (state === 'trusted') {
        throw new ServiceError(
          'ClockTrustedException',
          'The clock is not in doubt, and no job waits for it.',
        );
      }
      const now = clock.now();
      call.record.additionalEventData = { clock: isoTime(now), heldJobs: held };
      await clockGuard.acknowledgeClock(now, (change) => call.commit(change));
      return { Clock: isoTime(now) };
    },
  });
