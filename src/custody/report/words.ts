/** What page and terminal say of a subject in the same words. */
import type { LineageReport, SubjectReport } from './report.ts';

/** Where imported material was before, as the receipts of HSMs have it. */
export const origins = ({ events }: LineageReport): readonly string[] =>
  events.flatMap(({ time, from, wrappedHash }) =>
    from === undefined
      ? []
      : [
          `imported ${time} from HSM ${from.hsmId} of ${from.clusterId}, by its receipt for wrapped bytes of SHA-256 ${wrappedHash}`,
        ],
  );

/** What left in clear, and to whom. */
export const received = ({
  principal,
  dataKeys,
  plaintexts,
}: {
  readonly principal: string;
  readonly dataKeys: number;
  readonly plaintexts: number;
}): string => `${principal}: ${dataKeys} data keys in clear, ${plaintexts} plaintexts`;

/** Who could once have taken a copy of a material. */
export const takers = ({ exposed }: SubjectReport, id: string): readonly string[] => [
  ...new Set(exposed.flatMap(({ material, party }) => (material === id ? [party] : []))),
];
