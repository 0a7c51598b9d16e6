/** Finds clusters, and keeps what counts towards limits from being counted twice. */
import type { Place } from '../core/ids.ts';
import type { Rows, RowsChange } from '../store/rows-contract.ts';
import { scanAll } from '../store/scan-all.ts';
import { type ClusterRecord, clusterRow, placePrefix, type StoredCluster } from './cluster.ts';
import { resourceNotFound } from './errors.ts';

export class Clusters {
  readonly #rows: Rows;
  constructor(rows: Rows) {
    this.#rows = rows;
  }

  get(place: Place, id: string): Promise<StoredCluster | undefined> {
    const row = clusterRow(place, id);
    return this.#rows.get<ClusterRecord>(row.table, row.id);
  }

  /** One that is not deleted. */
  async require(place: Place, id: string): Promise<StoredCluster> {
    const found = await this.get(place, id);
    if (found === undefined || found.value.state === 'DELETED') throw noCluster(id);
    return found;
  }

  /** Deleted ones too, in byte order of their ids. */
  all(place: Place): Promise<readonly StoredCluster[]> {
    return Array.fromAsync(scanAll<StoredCluster>(this.#rows, 'hsm-cluster', placePrefix(place)));
  }

  /** Of every account and Region. */
  everywhere(): AsyncIterable<StoredCluster> {
    return scanAll<StoredCluster>(this.#rows, 'hsm-cluster', '');
  }

  /** Clusters and HSMs that there are, and what a commit that adds to them MUST have in it. */
  async counted({ account, region }: Place): Promise<Counted> {
    const id = `${account}/${region}`;
    // Read before the count: a commit between the two meets a version that it did not expect.
    const version = (await this.#rows.get('hsm-limit', id))?.version ?? 0;
    const present = (await this.all({ account, region })).filter(({ value }) => value.state !== 'DELETED');
    return {
      clusters: present.length,
      hsms: present.reduce((sum, { value }) => sum + value.hsms.length, 0),
      change: { put: [{ table: 'hsm-limit', id, version: version + 1, value: {} }] },
    };
  }
}

export interface Counted {
  readonly clusters: number;
  readonly hsms: number;
  readonly change: RowsChange;
}

export const noCluster = (id: string) =>
  resourceNotFound(`The cluster ${id} was not found. Check the ID and the Region.`);
