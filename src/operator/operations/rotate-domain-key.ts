import type { Operation } from '../../core/call.ts';
import type { Clock } from '../../core/clock.ts';
import { ServiceError } from '../../core/errors.ts';
import type { Rows } from '../../store/rows-contract.ts';
import type { Domain } from '../domain/domain.ts';
import { rotationStatus, scheduleRotation } from '../domain/rotation.ts';
import { count, operatorOperation, structure } from '../operation.ts';

export interface DomainOperationParts {
  readonly domain: Domain;
  readonly rows: Rows;
  readonly clock: Clock;
}

interface Output {
  /** The domain key that is replaced. */
  readonly FromKey: number;
}

/** Begins a rotation, which goes on in the background: DescribeDomain tells how far it is. */
export const rotateDomainKey = ({ domain, rows, clock }: DomainOperationParts): Operation =>
  operatorOperation<object, Output>({
    name: 'RotateDomainKey',
    input: structure({}),
    output: structure({ FromKey: count }),
    readOnly: false,
    audit: [],
    async run(_, call) {
      if ((await rotationStatus(rows)) !== undefined)
        throw new ServiceError(
          'RotationInProgressException',
          'A rotation of the domain key is under way. To see how far it is: lockholm domain show',
        );
      const { currentKey } = await domain.settled();
      call.record.additionalEventData = { fromKey: currentKey };
      await call.commit(scheduleRotation(clock.now(), currentKey));
      return { FromKey: currentKey };
    },
  });
