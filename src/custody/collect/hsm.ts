/**
 * Clusters of HSMs that hold a material. Storage keys and backups lie under the unlock credential that the tenant's
 * administrator made at activation; what is stored in unattended mode is under the server's seal too.
 */

import { assumed, enforced, iso, recorded, resting } from '../basis.ts';
import type { Bare, Fact } from '../facts.ts';
import type { HeldKey, HeldMaterial } from './held.ts';
import type { HsmBackup, HsmCluster, HsmMember } from './hsm-facts.ts';
import {
  administratorName,
  DATA_FOLDER,
  domainKeyName,
  FRONT,
  hsmBackupName,
  hsmName,
  kmsUserName,
  SEAL,
  storageKeyName,
  unlockName,
} from './names.ts';
import type { People } from './people.ts';
import type { Machine } from './sources.ts';

export interface HsmHolding {
  readonly key: HeldKey;
  readonly material: HeldMaterial;
  readonly cluster: HsmCluster;
}
interface HsmContext {
  readonly people: People;
  readonly machine: Machine;
  readonly domainKeys: readonly number[];
  readonly tenant: string;
}

export function hsmFacts(context: HsmContext, holding: HsmHolding): readonly Fact[] {
  const { cluster } = holding;
  const { tenant } = context;
  return [
    ...resting(
      enforced('the HSMs, which let their administrator make both at activation', cluster.id),
      { fact: 'keeper', party: tenant, secret: unlockName(cluster.id) },
      { fact: 'keeper', party: tenant, secret: administratorName(cluster.id) },
    ),
    ...resting(enforced('the front, which has no call that returns material', context.machine.host), {
      fact: 'extractable',
      process: FRONT,
      material: holding.material.id,
      answer: 'no',
    }),
    ...cluster.members.flatMap((member) => memberFacts(context, holding, member)),
    ...cluster.backups.flatMap((backup) => backupOf(context, holding, backup)),
    ...passwordFacts(context, holding),
  ];
}

const locked = (place: string, { cluster, material }: HsmHolding, sealOpens: boolean): readonly Bare[] => {
  const storageKey = storageKeyName(cluster.id);
  const stored = (secret: string, under: string): Bare => ({ fact: 'stored', secret, place, under });
  return [
    stored(storageKey, unlockName(cluster.id)),
    ...(sealOpens ? [stored(storageKey, SEAL)] : []),
    stored(material.id, storageKey),
  ];
};

function readers({ people }: HsmContext, place: string, thieves: readonly string[]): readonly Fact[] {
  return resting(
    assumed('whoever has the files reads them'),
    ...[...people.of('service-account'), ...thieves].map((party): Bare => ({ fact: 'reader', party, place })),
  );
}

function memberFacts(context: HsmContext, holding: HsmHolding, member: HsmMember): readonly Fact[] {
  const { key, material, cluster } = holding;
  const process = hsmName(member.id);
  const host = member.host === undefined ? {} : { host: member.host };
  const user = member.user === undefined ? {} : { user: member.user };
  const place = `${process} store`;
  const isHere = member.host === undefined || member.host === context.machine.host;
  const by = enforced('the HSM', member.host ?? 'a host that nobody names');
  return [
    ...resting(
      recorded('store'),
      { fact: 'proc', process, role: 'hsm', ...host, ...user, state: member.isUnlocked ? 'run' : 'stop' },
      { fact: 'place', place, kind: 'hsm', ...host },
      ...locked(place, holding, cluster.mode === 'unattended'),
    ),
    ...(isHere ? readers(context, place, member.onDataDisk ? ['thief-of-disk'] : []) : []),
    ...resting(
      by,
      { fact: 'mem', process, secret: storageKeyName(cluster.id) },
      { fact: 'mem', process, secret: material.id },
      { fact: 'live', process, key: key.fact },
      { fact: 'passes', process, key: key.fact },
      ...[...context.people.of('service-account'), context.tenant].map(
        (party): Bare => ({ fact: 'net', party, process }),
      ),
      { fact: 'accepts', process, credential: administratorName(cluster.id), key: key.fact, for: 'use' },
      ...kmsUser(cluster).map(
        (credential): Bare => ({ fact: 'accepts', process, credential, key: key.fact, for: 'use' }),
      ),
      { fact: 'extractable', process, material: material.id, answer: cluster.extractable ? 'yes' : 'no' },
    ),
  ];
}

function backupOf(context: HsmContext, holding: HsmHolding, backup: HsmBackup): readonly Fact[] {
  const place = hsmBackupName(backup.id);
  const until = backup.until === undefined ? {} : { until: iso(backup.until) };
  return [
    ...resting(
      recorded('store'),
      { fact: 'place', place, kind: 'backup', host: context.machine.host, ...until },
      ...locked(place, holding, backup.sealOpens),
    ),
    ...readers(context, place, ['thief-of-backup', ...(backup.onDataDisk ? ['thief-of-disk'] : [])]),
  ];
}

/** Without the HSMs' receipt a store that was disconnected counts as connected. */
export const kmsUser = ({ store }: HsmCluster): readonly string[] =>
  store === undefined || (!store.isConnected && store.passwordDiscarded) ? [] : [kmsUserName(store.id)];

function passwordFacts({ domainKeys, machine }: HsmContext, { cluster }: HsmHolding): readonly Fact[] {
  return kmsUser(cluster).flatMap((secret) => [
    ...resting(enforced('the front', machine.host), { fact: 'mem', process: FRONT, secret }),
    ...resting(
      recorded('store'),
      ...domainKeys.map(
        (key): Bare => ({ fact: 'stored', secret, place: DATA_FOLDER, under: domainKeyName(key) }),
      ),
    ),
  ]);
}
