/** What the custody report reads of this server: its machine, its backups, its domain. */
import { readFile, stat } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { KnownBackup, Machine } from '../custody/collect/sources.ts';
import type { Rows } from '../store/rows-contract.ts';
import { type BackupRecord, listBackups } from './backup/record.ts';
import type { ServerFacts } from './parts.ts';

export async function machineOf(
  { data, seal, endpoint }: Pick<ServerFacts, 'data' | 'seal' | 'endpoint'>,
  listenHost: string,
): Promise<Machine> {
  const [dataDisk, sealDisk, accessKeysInFolder] = await Promise.all([
    diskOf(data),
    diskOf(seal),
    accessKeysIn(join(data, 'credentials')),
  ]);
  return {
    host: hostname(),
    user: userInfo().username,
    endpoint: endpoint(),
    listensBeyondHost: !isLoopback(listenHost),
    // A seal that was taken away after the start counts as beside the data: it was there when that was last known.
    seal: {
      path: seal,
      inDataFolder: dirname(seal) === data,
      onDataDisk: sealDisk === undefined || sealDisk === dataDisk,
    },
    accessKeysInFolder,
  };
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(?:\.[0-9]{1,3}){3}$/.test(host);

/** Undefined when there is nothing. */
const diskOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ dev }) => dev,
    () => undefined,
  );

/** The ids alone, of all profiles of the file that clients use. */
async function accessKeysIn(path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return [...text.matchAll(/^\s*aws_access_key_id\s*=\s*(\w+)/gm)].map(([, id = '']) => id);
}

export async function knownBackups(rows: Rows, data: string): Promise<readonly KnownBackup[]> {
  const [dataDisk, all] = await Promise.all([diskOf(data), listBackups(rows)]);
  return Promise.all(all.flatMap(({ value }) => (value.holds === undefined ? [] : [known(value, dataDisk)])));
}

async function known(record: BackupRecord, dataDisk: number | undefined): Promise<KnownBackup> {
  const { id, path, created, completed, holds, deleted } = record;
  const disk = await diskOf(path);
  return {
    id,
    path,
    created,
    completed,
    domainKeys: holds?.domainKeys ?? [],
    deleted: deleted && { time: deleted.time, how: deleted.how, entry: deleted.eventId },
    where: disk === undefined ? 'moved' : disk === dataDisk ? 'data disk' : 'other disk',
  };
}
