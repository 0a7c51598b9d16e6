/** What runs by itself: timers of keys, rotation of the domain key. */
import type { CloudHsm } from '../../cloudhsm/cloudhsm.ts';
import type { Clock } from '../../core/clock.ts';
import type { Engine } from '../../engine/protocol/messages.ts';
import type { StoreParts } from '../../keystores/cloudhsm/stores.ts';
import type { Kms } from '../../kms/kms.ts';
import type { Domain } from '../../operator/domain/domain.ts';
import { ROTATION_JOB, rotationJob } from '../../operator/domain/rotation.ts';
import { ClockGuard } from '../../store/clock-guard.ts';
import type { Store } from '../../store/contract.ts';
import { JobRunner } from '../../store/jobs.ts';
import type { Rows } from '../../store/rows-contract.ts';
import type { Log } from '../../wire/log.ts';
import { cloudHsmJobs } from './cloudhsm.ts';
import { keyStoreJobs } from './key-stores.ts';
import { kmsJobs } from './kms.ts';

export interface JobParts {
  readonly rows: Rows;
  readonly store: Store;
  readonly engine: Engine;
  readonly domain: Domain;
  readonly kms: Kms;
  readonly keyStores: StoreParts;
  readonly cloudHsm: CloudHsm;
  readonly clock: Clock;
  readonly node: string;
  /** Time of the last entry that an earlier run left in the journal. */
  readonly lastTimeFound: number;
  readonly log: Log;
}

export function startJobs({
  kms,
  keyStores,
  cloudHsm,
  domain,
  lastTimeFound,
  node,
  log,
  ...parts
}: JobParts) {
  const { rows, store, engine, clock } = parts;
  const guard = new ClockGuard({ rows, lastTime: () => lastTimeFound });
  const runner = new JobRunner({
    rows,
    clock,
    guard,
    owner: node,
    handlers: {
      ...kmsJobs(kms),
      ...keyStoreJobs(keyStores, kms),
      ...cloudHsmJobs(cloudHsm),
      [ROTATION_JOB]: rotationJob({ domain, rows, engine, store }),
    },
    log: (event, facts) => log.warn(event, facts),
  });
  runner.start();
  return { guard, runner };
}
