/** Data keys that left in clear: outside of custody, whoever has them. */
import type { HandedOut } from '../../audit/handed-out.ts';
import { recorded, resting } from '../basis.ts';
import type { Fact } from '../facts.ts';

export const handedFacts = (handedOut: ReadonlyMap<string, HandedOut>): readonly Fact[] =>
  [...handedOut].flatMap(([key, { dataKeys }]) =>
    [...dataKeys].flatMap(([principal, n]) =>
      resting(recorded('journal'), { fact: 'handed', key, principal, n }),
    ),
  );
