/** Collectors on real rows, with a machine, backups and HSMs that a test chooses. */

import { keyArn, newKeyId, type Region } from '../../src/core/ids.ts';
import type { HsmCluster, HsmFacts } from '../../src/custody/collect/hsm-facts.ts';
import { noHsms } from '../../src/custody/collect/hsm-facts.ts';
import type { Declared, KnownBackup, Machine, Sources } from '../../src/custody/collect/sources.ts';
import { Reporter } from '../../src/custody/report/reporter.ts';
import { joinChanges } from '../../src/kms/change.ts';
import { keyRow } from '../../src/kms/key.ts';
import { materialMadeInHsm } from '../../src/kms/lineage.ts';
import { ACCOUNT, REGION, type TestKms } from '../support/kms.ts';
import { custodians } from './running.ts';

export const HOST = 'kms-1';
export const machine: Machine = {
  host: HOST,
  user: 'lockholm',
  endpoint: 'http://127.0.0.1:4566',
  listensBeyondHost: false,
  seal: { path: '/data/seal', inDataFolder: true, onDataDisk: true },
  accessKeysInFolder: ['AKIAAAAAAAAAAAAAAAAA'],
};

export const declare = (fact: string, about: Readonly<Record<string, string>>): Declared => ({
  fact,
  about,
  declaredBy: 'A',
  declaredAt: '2026-11-24',
});
export const approvals: readonly Declared[] = [
  ...custodians.map((party) => declare('party', { party, kind: 'approver', owner: 'operator' })),
  declare('approve', { act: 'use', group: custodians.join(', '), k: '2' }),
];

export interface Given {
  readonly machine?: Partial<Machine>;
  readonly declared?: readonly Declared[];
  readonly backups?: readonly KnownBackup[];
  readonly hsm?: HsmFacts;
  readonly sources?: Partial<Sources>;
}

export function reporterOf({ rows, clock }: TestKms, given: Given = {}): Reporter {
  return new Reporter({
    rows,
    now: () => clock.now(),
    machine: async () => ({ ...machine, ...given.machine }),
    declared: given.declared ?? approvals,
    backups: async () => given.backups ?? [],
    domainKeys: async () => [1],
    erasurePending: async () => false,
    handedOut: async () => ({ ciphertexts: 0, dataKeys: new Map(), plaintexts: new Map() }),
    hsm: given.hsm ?? noHsms,
    journal: { size: 0, read: async function* () {} },
    ...given.sources,
  });
}

/** The account's one credential, which lies in the data folder too. */
export const withCredential = (kms: TestKms): Promise<void> =>
  kms.rows.commit({
    put: [
      {
        table: 'access-key',
        id: machine.accessKeysInFolder[0] ?? '',
        version: 1,
        value: { account: ACCOUNT, status: 'Active', created: kms.clock.time },
      },
    ],
  });

export const backupAt = (time: number, more: Partial<KnownBackup> = {}): KnownBackup => ({
  id: `b-${time}`,
  path: `/backups/${time}`,
  created: time,
  completed: time,
  domainKeys: [1],
  deleted: undefined,
  where: 'other disk',
  ...more,
});

/** The ARN of a key in a custom key store on cluster-1, whose rows are as KMS writes them. */
export async function hsmKey({ kms, rows, clock, call }: TestKms): Promise<string> {
  const { KeyMetadata } = await call('CreateKey');
  const place = { account: ACCOUNT, region: REGION as Region };
  const made = await kms.keys.get(place, KeyMetadata.KeyId);
  const id = newKeyId();
  const inStore = { id: 'cks-1', handle: 'handle-1', lineage: 'lineage-1' };
  const value = { ...made?.value, id, origin: 'AWS_CLOUDHSM', inStore };
  const when = { time: clock.time, eventId: 'event' };
  const lineage = materialMadeInHsm(
    { ...place, id },
    KeyMetadata.CurrentKeyMaterialId,
    { clusterId: 'cluster-1', lineage: 'lineage-1' },
    when,
  );
  await rows.commit(joinChanges({ put: [{ ...keyRow(place, id), version: 1, value }] }, lineage));
  return keyArn(place, id);
}

/** Every key's material is in these clusters, and was never anywhere else. */
export const inClusters = (...clusters: readonly HsmCluster[]): HsmFacts => ({
  holding: async () => clusters,
  hours: async () => ({ total: 48, running: 2 }),
});
