/** One subject's part of the report. */
import { sameMaterial } from '../../kms/lineage.ts';
import type { Rows } from '../../store/rows-contract.ts';
import type { Actor } from '../actors.ts';
import { cellText, fullText, isUnknown, type Verdict } from '../answers.ts';
import { iso } from '../basis.ts';
import type { Collected, Collector } from '../collect/collector.ts';
import { type HeldKey, type HeldMaterial, isPresent } from '../collect/held.ts';
import type { HsmFacts } from '../collect/hsm-facts.ts';
import { stateNow } from '../collect/use.ts';
import { type Figure, keyCosts } from '../cost/cost.ts';
import { type Cell, custodyTable, type Table } from '../table.ts';
import { weakestFirst } from './order.ts';
import type {
  ArrangementName,
  CellReport,
  Exposure,
  LineageReport,
  RowReport,
  SubjectReport,
  VerdictReport,
} from './report.ts';
import type { Found } from './subjects.ts';

export interface BuildParts {
  readonly rows: Rows;
  readonly collector: Collector;
  readonly hsm: HsmFacts;
  readonly now: number;
  /** Objects by material; undefined where they were not counted. */
  readonly objects: ReadonlyMap<string, number> | undefined;
}

/** Throws TooManyWays. */
export async function subjectReport(found: Found, parts: BuildParts): Promise<SubjectReport> {
  const { collector, now } = parts;
  const collected = await collector.collect(found);
  const table = custodyTable(collected.facts, found.subject);
  const key = found.kind === 'key' ? found.keys[0] : undefined;
  return {
    kind: found.kind,
    name: found.name,
    account: found.account,
    aliases: found.aliases,
    arrangements: [...new Set(found.keys.map(arrangementOf))],
    ...(key && { state: stateNow(key, now, collected.holdings) }),
    rows: weakestFirst(rowsOf(table)),
    exposed: table.exposed.map(exposure),
    lineage: await lineages(found, collected, parts),
    backups: backupsOf(collected),
    ...handed(found, collected),
    cost: await costOf(key, parts),
    facts: collected.facts.facts,
  };
}

const rowsOf = ({ rows }: Table): readonly RowReport[] =>
  rows.map(({ actor, cells, exposed }) => ({
    actor: { id: actor.id, kind: actor.kind, parties: actor.parties },
    cells: { M: cell(cells.M, actor), U: cell(cells.U, actor), P: cell(cells.P, actor) },
    exposed: exposed.map(exposure),
  }));

const cell = ({ now, fromNextStart }: Cell, actor: Actor): CellReport => ({
  ...verdict(now, actor),
  ...(fromNextStart && { fromNextStart: verdict(fromNextStart, actor) }),
});

const verdict = (given: Verdict, actor: Actor): VerdictReport => ({
  text: cellText(given, actor),
  answer: given.answer,
  ways: 'ways' in given ? given.ways.filter((way) => !isUnknown(way)) : [],
  inFull: fullText(given),
});

const exposure = ({ material, party, from, to }: Exposure): Exposure => ({
  material,
  party,
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
});

function arrangementOf({ name, record, materials }: HeldKey): ArrangementName {
  if (name === undefined || record?.manager === 'AWS') return 'default key';
  if (materials.some(({ inHsm }) => inHsm !== undefined)) return 'custom key store';
  const arrivals = materials.flatMap(({ lineage }) => lineage.flatMap(({ arrival }) => arrival ?? []));
  if (arrivals.some(({ from }) => from !== undefined)) return 'HSM key exported to KMS';
  return arrivals.length > 0 || record?.origin === 'EXTERNAL' ? 'imported key' : 'customer managed key';
}

async function lineages(
  found: Found,
  { backups }: Collected,
  parts: BuildParts,
): Promise<readonly LineageReport[]> {
  const judged = found.materials === undefined ? undefined : new Set(found.materials);
  const wanted = found.keys.flatMap((key) =>
    key.materials
      .filter(({ id }) => judged === undefined || judged.has(id))
      .map((material) => ({ key, material })),
  );
  const holding = (id: string) =>
    backups
      .filter(({ secrets, backups: [first] }) => secrets.includes(id) && first?.deleted === undefined)
      .flatMap((group) => group.backups.map((backup) => backup.id));
  return Promise.all(
    wanted.map(async ({ key, material }) => {
      const inBackups = holding(material.id);
      const counted = found.under.find((under) => under.material === material.id)?.objects;
      const objects = counted ?? (parts.objects && (parts.objects.get(material.id) ?? 0));
      return {
        material: material.id,
        events: eventsOf(material),
        inBackups,
        outlivedByBackup: material.inHsm === undefined && !isPresent(material) && inBackups.length > 0,
        sameAs: await twins(key, material, parts.rows),
        ...(objects === undefined ? {} : { objects }),
      };
    }),
  );
}

const eventsOf = ({ lineage }: HeldMaterial): LineageReport['events'] =>
  lineage.map(({ event, time, eventId, holders, arrival }) => ({
    event,
    time: iso(time),
    entry: eventId,
    holders,
    ...(arrival === undefined ? {} : { wrappedHash: arrival.wrappedHash }),
    ...(arrival?.from === undefined
      ? {}
      : {
          from: {
            clusterId: arrival.from.clusterId,
            hsmId: arrival.from.hsmId,
            lineage: arrival.from.lineage,
          },
        }),
  }));

async function twins(
  { name }: HeldKey,
  { id, lineage }: HeldMaterial,
  rows: Rows,
): Promise<readonly string[]> {
  const fingerprint = lineage.find((record) => record.fingerprint !== '')?.fingerprint;
  if (name === undefined || fingerprint === undefined) return [];
  const all = await sameMaterial(rows, name.account, fingerprint);
  return all.filter((twin) => twin !== `${name.region}/${name.id}/${id}`);
}

const backupsOf = ({ backups }: Collected): SubjectReport['backups'] =>
  backups.flatMap((group) =>
    group.backups.map(({ id, path, created, deleted }) => ({
      id,
      path,
      created: iso(created),
      ...(deleted === undefined ? {} : { deleted: iso(deleted.time) }),
    })),
  );

function handed({ keys }: Found, { handedOut }: Collected): Pick<SubjectReport, 'handedOut'> {
  const all = keys.flatMap(({ fact }) => handedOut.get(fact) ?? []);
  if (all.length === 0) return {};
  const principals = new Set(all.flatMap((one) => [...one.dataKeys.keys(), ...one.plaintexts.keys()]));
  const sum = (of: 'dataKeys' | 'plaintexts', principal: string) =>
    all.reduce((total, one) => total + (one[of].get(principal) ?? 0), 0);
  return {
    handedOut: {
      ciphertexts: all.reduce((total, one) => total + one.ciphertexts, 0),
      received: [...principals].sort().map((principal) => ({
        principal,
        dataKeys: sum('dataKeys', principal),
        plaintexts: sum('plaintexts', principal),
      })),
    },
  };
}

/** AWS managed keys and S3 roots cost nothing but their requests. */
async function costOf(key: HeldKey | undefined, { hsm, now }: BuildParts): Promise<readonly Figure[]> {
  const { record } = key ?? {};
  if (key?.name === undefined || record === undefined || record.manager === 'AWS') return [];
  const wantsHsms = key.materials.some(({ inHsm, leftHsms }) => inHsm !== undefined || leftHsms.length > 0);
  const hours = wantsHsms ? await hsm.hours(key.name) : undefined;
  const rotations = record.materials.filter(({ rotation }) => rotation !== undefined).length;
  return keyCosts({ created: record.created, now, rotations, hours });
}
