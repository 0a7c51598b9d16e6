/** HsmFacts of the clusters and custom key stores that this server has. Nothing is asked of an HSM that needs a login. */
import type { BackupRecord } from '../../cloudhsm/backup.ts';
import { type ClusterRecord, hoursOf } from '../../cloudhsm/cluster.ts';
import type { Place } from '../../core/ids.ts';
import type { HsmState } from '../../hsm/protocol/values.ts';
import { isConnected, type KeyStoreRecord, keyStoreRow } from '../../kms/key-store.ts';
import type { Rows, Stored } from '../../store/rows-contract.ts';
import { scanAll } from '../../store/scan-all.ts';
import type { HsmCluster, HsmFacts, HsmMaterialName, HsmMember } from './hsm-facts.ts';
import type { Machine } from './sources.ts';

export interface ClusterParts {
  readonly rows: Rows;
  readonly now: () => number;
  /** As an HSM says; undefined while it is not known. */
  readonly stateOf: (hsmId: string) => HsmState | undefined;
  readonly machine: () => Promise<Machine>;
}

/** States in which an HSM's process has no key of the cluster in its memory. */
const CLOSED: readonly (HsmState | undefined)[] = [
  'uninitialized',
  'initialized',
  'locked',
  'halted',
  'zeroized',
];

export class Clusters implements HsmFacts {
  readonly #parts: ClusterParts;

  constructor(parts: ClusterParts) {
    this.#parts = parts;
  }

  async holding(material: HsmMaterialName): Promise<readonly HsmCluster[] | undefined> {
    const { rows } = this.#parts;
    const all = await valuesOf<ClusterRecord>(rows, 'hsm-cluster');
    const own = all.find(({ id }) => id === material.clusterId);
    if (own === undefined) return undefined;
    const backups = await valuesOf<BackupRecord>(rows, 'hsm-backup');
    // Those restored from a backup of one that had it may have it.
    const family = all.filter(
      ({ id, family: name, created }) =>
        id === own.id || (name === own.family && created >= (material.made ?? 0)),
    );
    const store = await this.#storeOf(material);
    const machine = await this.#parts.machine();
    return family
      .map((cluster): HsmCluster => {
        const isOwn = cluster.id === own.id;
        return {
          id: cluster.id,
          mode: cluster.start,
          members: isOwn && material.erased !== undefined ? [] : this.#members(cluster, machine),
          backups: backups
            .filter((backup) => backup.clusterId === cluster.id && mayHold(backup, material))
            .map((backup) => backupOf(backup, cluster)),
          extractable: material.storeId === undefined,
          store: store?.clusterId === cluster.id ? storeFacts(store) : undefined,
        };
      })
      .filter(({ members, backups: kept }) => members.length + kept.length > 0);
  }

  async hours({ account, region }: Place) {
    const own = await valuesOf<ClusterRecord>(this.#parts.rows, 'hsm-cluster', `${account}/${region}/`);
    const hsms = own.flatMap((cluster) => cluster.hsms);
    const now = this.#parts.now();
    const removed = own.reduce((sum, { meteredHours = 0 }) => sum + meteredHours, 0);
    return { total: hsms.reduce((sum, hsm) => sum + hoursOf(hsm, now), removed), running: hsms.length };
  }

  /** They run on the server's machine, as its user, with their stores in its data folder. */
  #members({ hsms }: ClusterRecord, { host, user }: Machine): readonly HsmMember[] {
    return hsms
      .map(({ id }) => ({ id, state: this.#parts.stateOf(id) }))
      .filter(({ state }) => state !== 'zeroized')
      .map(({ id, state }) => ({ id, host, user, isUnlocked: !CLOSED.includes(state), onDataDisk: true }));
  }

  async #storeOf(material: HsmMaterialName): Promise<KeyStoreRecord | undefined> {
    if (material.storeId === undefined) return undefined;
    const { table, id } = keyStoreRow(material, material.storeId);
    return (await this.#parts.rows.get<KeyStoreRecord>(table, id))?.value;
  }
}

const valuesOf = <T>(rows: Rows, table: 'hsm-cluster' | 'hsm-backup', prefix = ''): Promise<readonly T[]> =>
  Array.fromAsync(scanAll<Stored<T>>(rows, table, prefix), ({ value }) => value);

const mayHold = ({ state, created }: BackupRecord, { made = 0, erased }: HsmMaterialName): boolean =>
  state !== 'DELETED' && created >= made && (erased === undefined || created <= erased);

const backupOf = ({ id, state, deletion, content }: BackupRecord, { start }: ClusterRecord) => ({
  id,
  until: state === 'PENDING_DELETION' ? deletion : undefined,
  onDataDisk: true,
  // What is made now is made as the cluster is; of what nobody recorded the worst holds.
  sealOpens: content === undefined ? start === 'unattended' : (content.hostOpens ?? true),
});

/** Everywhere: a member that did not hear of it takes the password that it knows. */
const isDiscarded = ({ credential }: KeyStoreRecord): boolean =>
  credential.state === 'discarded' && credential.notReached.length === 0;

const storeFacts = (store: KeyStoreRecord): HsmCluster['store'] => ({
  id: store.id,
  isConnected: isConnected(store),
  passwordDiscarded: isDiscarded(store),
  passwordSince: store.credential.since,
});
