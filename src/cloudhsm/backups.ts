/** Finds backups. */
import type { Place } from '../core/ids.ts';
import type { Rows } from '../store/rows-contract.ts';
import { scanAll } from '../store/scan-all.ts';
import { type BackupRecord, backupRow, type StoredBackup } from './backup.ts';
import { placePrefix } from './cluster.ts';
import { resourceNotFound } from './errors.ts';

export class Backups {
  readonly #rows: Rows;
  constructor(rows: Rows) {
    this.#rows = rows;
  }

  get(place: Place, id: string): Promise<StoredBackup | undefined> {
    const row = backupRow(place, id);
    return this.#rows.get<BackupRecord>(row.table, row.id);
  }

  /** One that is not destroyed. */
  async require(place: Place, id: string): Promise<StoredBackup> {
    const found = await this.get(place, id);
    if (found === undefined || found.value.state === 'DELETED') throw noBackup(id);
    return found;
  }

  /** Destroyed ones too, in byte order of their ids. */
  all(place: Place): Promise<readonly StoredBackup[]> {
    return Array.fromAsync(scanAll<StoredBackup>(this.#rows, 'hsm-backup', placePrefix(place)));
  }

  /** Newest first. */
  async ofCluster(place: Place, clusterId: string): Promise<readonly StoredBackup[]> {
    const all = await this.all(place);
    return all
      .filter(({ value }) => value.clusterId === clusterId)
      .sort((a, b) => b.value.created - a.value.created);
  }

  async newestReady(place: Place, clusterId: string): Promise<StoredBackup | undefined> {
    return (await this.ofCluster(place, clusterId)).find(({ value }) => value.state === 'READY');
  }
}

export const noBackup = (id: string) =>
  resourceNotFound(`The backup ${id} was not found. Check the ID and the Region.`);
