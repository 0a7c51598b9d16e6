/** Where material of the engine is, was, came from, and went. */
import type { LineageRecord } from '../../kms/lineage.ts';
import { enforced, iso, recorded, resting } from '../basis.ts';
import type { Bare, Fact, FactOf } from '../facts.ts';
import type { HeldKey, HeldMaterial, Stay } from './held.ts';
import { DATA_FOLDER, domainKeyName, ENGINE, FRONT } from './names.ts';
import type { People } from './people.ts';
import type { Machine } from './sources.ts';

export interface MaterialContext {
  readonly people: People;
  readonly machine: Machine;
  readonly domainKeys: readonly number[];
  /** What was deleted is still to be erased from the store. */
  readonly erasurePending: boolean;
  /** Whether a cluster that a receipt names is one of this server. */
  readonly knowsHsm: (lineage: string) => boolean;
}

export const materialFacts = (context: MaterialContext, key: HeldKey): readonly Fact[] =>
  key.materials.flatMap((material) => [
    ...resting(recorded(key.name === undefined ? 'store' : 'lineage'), {
      fact: 'material',
      key: key.fact,
      material: material.id,
    }),
    ...cameFacts(context, key, material),
    ...(material.inHsm === undefined ? engineFacts(context, key, material) : []),
  ]);

/** One arrival of which nobody knows where it came from is enough. */
function cameFacts({ knowsHsm }: MaterialContext, key: HeldKey, material: HeldMaterial): readonly Fact[] {
  const came = (from: FactOf<'came'>['from'], entry?: string): readonly Fact[] =>
    resting(recorded('lineage', entry), { fact: 'came', material: material.id, from });
  if (key.name === undefined) return came('inside');
  const arrivals = material.lineage.filter(({ event }) => event === 'imported');
  const unknown = arrivals.find((arrival) => !isReceipted(arrival, knowsHsm));
  if (unknown !== undefined) return came('outside', unknown.eventId);
  const [first] = arrivals;
  if (first !== undefined) return came('receipt', first.eventId);
  const made = material.lineage.find(({ event }) => event === 'made');
  return made === undefined ? came('outside') : came('inside', made.eventId);
}

const isReceipted = ({ arrival }: LineageRecord, knowsHsm: (lineage: string) => boolean): boolean =>
  arrival?.from !== undefined && knowsHsm(arrival.from.lineage);

function engineFacts(context: MaterialContext, key: HeldKey, material: HeldMaterial): readonly Fact[] {
  const { machine, domainKeys } = context;
  const { id, stays } = material;
  const last = stays.at(-1);
  if (last === undefined) return [];
  const stored = domainKeys.map(
    (domainKey): Bare => ({
      fact: 'stored',
      secret: id,
      place: DATA_FOLDER,
      under: domainKeyName(domainKey),
    }),
  );
  const noMessage = enforced('the engine, of which no message returns material in clear', machine.host);
  const extractable = (process: string): Bare => ({
    fact: 'extractable',
    process,
    material: id,
    answer: 'no',
  });
  return [
    ...resting(recorded('store', last.begin.entry), ...stored),
    ...resting(noMessage, extractable(FRONT), extractable(ENGINE)),
    ...exposures(context, id, stays),
    ...(last.end === undefined ? inMemory(machine, key, id) : gone(context, id, last.end.entry)),
  ];
}

const inMemory = ({ host }: Machine, key: HeldKey, id: string): readonly Fact[] =>
  resting(
    enforced('the engine', host),
    { fact: 'mem', process: ENGINE, secret: id },
    { fact: 'live', process: ENGINE, key: key.fact },
    { fact: 'passes', process: ENGINE, key: key.fact },
    { fact: 'passes', process: FRONT, key: key.fact },
  );

/** A row that was deleted is gone once the store's files were rewritten. */
function gone({ erasurePending }: MaterialContext, id: string, entry: string): readonly Fact[] {
  if (erasurePending) return [];
  return resting(recorded('journal', entry), { fact: 'destroyed', secret: id, place: DATA_FOLDER, entry });
}

/** Whoever was in the engine's memory or the folder while it was there could have taken it. */
function exposures(
  { people, machine }: MaterialContext,
  id: string,
  stays: readonly Stay[],
): readonly Fact[] {
  const roots = people.each('root').filter(({ host }) => host === machine.host);
  const able = [
    ...people.of('service-account'),
    ...(roots.length === 0 ? people.of('root') : roots.map(({ party }) => party)),
    ...people
      .each('provider')
      .filter(({ host }) => host === machine.host)
      .map(({ party }) => party),
  ];
  return stays.flatMap(({ begin, end }) =>
    resting(
      recorded('lineage', begin.entry),
      ...able.map(
        (party): Bare => ({
          fact: 'ever',
          material: id,
          party,
          from: iso(begin.time),
          ...(end === undefined ? {} : { to: iso(end.time) }),
        }),
      ),
    ),
  );
}
