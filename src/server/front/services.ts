/** KMS, backups and what runs by itself; a restore is finished before any of them is used. */
import { lockholmVersion } from '../../cli/version.ts';
import type { HostClient } from '../../cloudhsm/host/client.ts';
import { Backups } from '../../operator/backup/backups.ts';
import { finishRestore } from '../../operator/backup/finish-restore.ts';
import { journalPath } from '../../operator/data-files.ts';
import { startRotationSchedule } from '../../operator/domain/rotation-schedule.ts';
import { sharedRuns } from '../../store/shared-runs.ts';
import { bindCloudHsm } from './cloudhsm.ts';
import { startJobs } from './jobs.ts';
import { bindKeyStores } from './key-stores.ts';
import { bindKms } from './kms.ts';
import { serviceEvents } from './service-events.ts';
import type { Opening, Storage } from './storage.ts';
import type { Unsealed } from './unsealed.ts';

export async function startServices(
  { settings, log, clock, closing }: Opening,
  { store, node, audit, events }: Storage,
  { engine, domain, rows, restore }: Unsealed,
  hsmHost: HostClient,
) {
  const { data, domainKeyRotationDays: rotationDays } = settings;
  const { lastUsage, lastTimeFound } = audit;
  const warn = (event: string, facts: Readonly<Record<string, unknown>>): void => log.warn(event, facts);
  const { cloudHsm, clusters, follower } = bindCloudHsm({ ...events, rows, host: hsmHost, settings, warn });
  closing.defer(() => hsmHost.close());
  const own = serviceEvents({ ...events, rows });
  const erase = sharedRuns(() => domain.guardedStore.erase());
  const keyStores = bindKeyStores({ rows, engine, events: own, clusters, clock, warn, erase });
  closing.defer(() => keyStores.stores.connections.stop());
  let wake = (): void => undefined;
  const kms = bindKms({
    rows,
    erase,
    engine,
    events: own,
    lastUsage,
    keyStores,
    keyQuota: settings.keyQuota,
    wake: () => wake(),
  });
  if (restore !== undefined) {
    const facts = await finishRestore(restore, { ...events, kms, rows, data });
    log.warn('the data folder was restored from a backup', facts);
  }
  const source = {
    store,
    engine,
    domain,
    data,
    journalFolder: journalPath(data),
    lockholm: lockholmVersion(),
  };
  const backups = new Backups({ ...events, ...source, rows, log: warn });
  await backups.recover();
  closing.defer(() => backups.stop());
  closing.defer(() => follower.stop());
  const { guard, runner } = startJobs({
    rows,
    store,
    engine,
    domain,
    kms,
    keyStores: keyStores.stores,
    cloudHsm,
    clock,
    node,
    lastTimeFound,
    log,
  });
  wake = () => void runner.poll();
  closing.defer(() => runner.stop());
  closing.defer(startRotationSchedule({ ...events, domain, rows, log: warn, rotationDays }));
  void follower.followAll();
  void keyStores.stores.connections.warm();
  return { kms, cloudHsm, clusters, backups, guard, runner };
}

export type Services = Awaited<ReturnType<typeof startServices>>;
