/**
 * Backups of KMS as places. Those that hold the same are one place: of a year of daily ones a report has a few, and the
 * verdicts are the same.
 */

import { assumed, enforced, iso, recorded, resting } from '../basis.ts';
import type { Bare, Fact } from '../facts.ts';
import type { Account } from './credentials.ts';
import type { HeldKey, Stay } from './held.ts';
import { backupName, credentialName, domainKeyName, SEAL } from './names.ts';
import type { People } from './people.ts';
import type { KnownBackup, Machine } from './sources.ts';

/** Whether what was stored then is in the copy that the backup has. Where nobody knows its end, it may be. */
export const isIn = ({ begin, end }: Stay, { created, completed }: KnownBackup): boolean =>
  begin.time <= (completed ?? Number.POSITIVE_INFINITY) && (end === undefined || end.time >= created);

export interface BackupGroup {
  readonly place: string;
  readonly backups: readonly KnownBackup[];
  readonly secrets: readonly string[];
}

/** `more`: further secrets whose tokens a backup has, and since when. */
export function groupBackups(
  backups: readonly KnownBackup[],
  keys: readonly HeldKey[],
  accounts: readonly Account[],
  people: People,
  more: readonly { readonly secret: string; readonly since: number }[],
): readonly BackupGroup[] {
  const declared = new Set([
    ...people.each('place').map(({ place }) => place),
    ...people.each('reader').map(({ place }) => place),
  ]);
  const groups = Map.groupBy(backups, (backup) => {
    const apart = declared.has(backupName(backup.id)) ? backup.id : '';
    return JSON.stringify([
      secretsIn(backup, keys, accounts, more),
      backup.domainKeys,
      backup.where,
      backup.deleted === undefined ? '' : backup.id,
      apart,
    ]);
  });
  return [...groups.values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined) return [];
    const place = backupName(alike.length === 1 ? first.id : `${first.id} and ${alike.length - 1} like it`);
    return [{ place, backups: alike, secrets: secretsIn(first, keys, accounts, more) }];
  });
}

function secretsIn(
  backup: KnownBackup,
  keys: readonly HeldKey[],
  accounts: readonly Account[],
  more: readonly { readonly secret: string; readonly since: number }[],
): readonly string[] {
  const end = backup.completed ?? Number.POSITIVE_INFINITY;
  return [
    ...keys
      .flatMap(({ materials }) => materials)
      .filter(({ stays }) => stays.some((stay) => isIn(stay, backup)))
      .map(({ id }) => id),
    ...accounts
      .filter(({ credentials }) => credentials.some(({ created }) => created <= end))
      .map(({ id }) => credentialName(id)),
    ...more.filter(({ since }) => since <= end).map(({ secret }) => secret),
  ];
}

/** Deleted ones too: with the entry that tells of their end. */
export const backupFacts = (
  groups: readonly BackupGroup[],
  people: People,
  machine: Machine,
): readonly Fact[] => groups.flatMap((group) => [...placeFacts(group, people, machine), ...contents(group)]);

function placeFacts(
  { place, backups: [first] }: BackupGroup,
  people: People,
  machine: Machine,
): readonly Fact[] {
  if (first === undefined) return [];
  const here = first.where === 'moved' ? {} : { host: machine.host };
  const ended = first.deleted === undefined ? {} : { until: iso(first.deleted.time) };
  const isDeclared = people.each('place').some((known) => known.place === place);
  const reader = (party: string): Bare => ({ fact: 'reader', party, place });
  return [
    ...(isDeclared
      ? []
      : resting(recorded('journal'), { fact: 'place', place, kind: 'backup', ...here, ...ended })),
    ...people
      .of('service-account')
      .flatMap((party) =>
        resting(enforced('the server, as whose user it is written', machine.host), reader(party)),
      ),
    ...resting(assumed('whoever takes a backup reads it'), reader('thief-of-backup')),
    ...(first.where === 'data disk'
      ? resting(assumed('the backup lies on the disk of the data folder'), reader('thief-of-disk'))
      : []),
  ];
}

function contents({ place, backups: [first], secrets }: BackupGroup): readonly Fact[] {
  if (first === undefined) return [];
  const keys = first.domainKeys.map(domainKeyName);
  const stored = (secret: string, under: string): Bare => ({ fact: 'stored', secret, place, under });
  const all = [...keys, ...secrets];
  const { deleted } = first;
  return [
    ...resting(
      recorded('journal'),
      ...keys.map((key) => stored(key, SEAL)),
      ...secrets.flatMap((secret) => keys.map((key) => stored(secret, key))),
    ),
    ...(deleted === undefined
      ? []
      : resting(
          deleted.how === 'removed'
            ? recorded('journal', deleted.entry)
            : { basis: 'declared', by: 'the operator', at: iso(deleted.time) },
          ...all.map((secret): Bare => ({ fact: 'destroyed', secret, place, entry: deleted.entry })),
        )),
  ];
}
