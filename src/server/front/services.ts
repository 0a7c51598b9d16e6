/** KMS, backups and what runs by itself; a restore is finished before any of them is used. */
import { lockholmVersion } from '../../cli/version.ts';
import type { HostClient } from '../../cloudhsm/host/client.ts';
import { Backups } from '../../operator/backup/backups.ts';
import { finishRestore } from '../../operator/backup/finish-restore.ts';
import { journalPath } from '../../operator/data-files.ts';
import { startRotationSchedule } from '../../operator/domain/rotation-schedule.ts';
import { bindCloudHsm } from './cloudhsm.ts';
import { startJobs } from './jobs.ts';
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
  const kms = bindKms({
    rows,
    store: domain.guardedStore,
    engine,
    events: serviceEvents({ ...events, rows }),
    lastUsage,
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
  const { cloudHsm, clusters, follower } = bindCloudHsm({ ...events, rows, host: hsmHost, settings, warn });
  closing.defer(() => hsmHost.close());
  closing.defer(() => follower.stop());
  const { guard, runner } = startJobs({
    rows,
    store,
    engine,
    domain,
    kms,
    cloudHsm,
    clock,
    node,
    lastTimeFound,
    log,
  });
  closing.defer(() => runner.stop());
  closing.defer(startRotationSchedule({ ...events, domain, rows, log: warn, rotationDays }));
  void follower.followAll();
  return { kms, cloudHsm, clusters, backups, guard, runner };
}

export type Services = Awaited<ReturnType<typeof startServices>>;
