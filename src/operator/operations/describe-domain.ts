import type { Operation } from '../../core/call.ts';
import { DAY_MS } from '../../core/clock.ts';
import { type RotationStatus, rotationStatus } from '../domain/rotation.ts';
import { count, isoTime, listOf, operatorOperation, structure, text } from '../operation.ts';
import type { DomainOperationParts } from './rotate-domain-key.ts';

export interface DomainDescription {
  readonly Epoch: number;
  readonly CurrentKey: number;
  readonly Keys: readonly { readonly Id: number; readonly Created: string; readonly AgeDays: number }[];
  /** While one is under way. */
  readonly Rotation?: {
    readonly Phase: RotationStatus['phase'];
    readonly RowsSeen: number;
    readonly TokensReEncrypted: number;
    readonly FailedRuns: number;
  };
}

const key = structure({ Id: count, Created: text, AgeDays: count });
const rotation = structure({ Phase: text, RowsSeen: count, TokensReEncrypted: count, FailedRuns: count });

export const describeDomain = ({ domain, rows, clock }: DomainOperationParts): Operation =>
  operatorOperation<object, DomainDescription>({
    name: 'DescribeDomain',
    input: structure({}),
    output: structure({ Epoch: count, CurrentKey: count, Keys: listOf(key), Rotation: rotation }, [
      'Rotation',
    ]),
    readOnly: true,
    audit: [],
    async run() {
      const status = await rotationStatus(rows);
      const { epoch, currentKey, keys } = await domain.settled();
      return {
        Epoch: epoch,
        CurrentKey: currentKey,
        Keys: keys.map(({ id, created }) => ({
          Id: id,
          Created: isoTime(created),
          AgeDays: Math.max(0, Math.floor((clock.now() - created) / DAY_MS)),
        })),
        ...(status === undefined ? {} : { Rotation: shown(status) }),
      };
    },
  });

const shown = ({
  phase,
  seen,
  rewrapped,
  failures,
}: RotationStatus): DomainDescription['Rotation'] & object => ({
  Phase: phase,
  RowsSeen: seen,
  TokensReEncrypted: rewrapped,
  FailedRuns: failures,
});
