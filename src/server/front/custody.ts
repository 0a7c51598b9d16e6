/** Binds the custody report to what this front has. */
import type { Operation } from '../../core/call.ts';
import { Clusters } from '../../custody/collect/clusters.ts';
import { Reporter } from '../../custody/report/reporter.ts';
import { knownBackups, machineOf } from '../../operator/custody-sources.ts';
import { explainCustody } from '../../operator/operations/explain-custody.ts';
import { reportCustody } from '../../operator/operations/report-custody.ts';
import type { ServerFacts } from '../../operator/parts.ts';
import type { Settings } from '../settings.ts';
import { erasurePending } from './erasures.ts';
import type { Services } from './services.ts';
import type { Storage } from './storage.ts';
import type { Unsealed } from './unsealed.ts';

export function custodyOperations(...of: Parameters<typeof custodyReporter>): readonly Operation[] {
  const reporter = custodyReporter(...of);
  return [reportCustody(reporter), explainCustody(reporter)];
}

function custodyReporter(
  { listen, data }: Pick<Settings, 'listen' | 'data'>,
  { audit, events }: Pick<Storage, 'audit' | 'events'>,
  { rows, domain }: Pick<Unsealed, 'rows' | 'domain'>,
  { cloudHsm }: Pick<Services, 'cloudHsm'>,
  server: ServerFacts,
): Reporter {
  const { clock } = events;
  const now = () => clock.now();
  const machine = () => machineOf(server, listen.host);
  return new Reporter({
    rows,
    now,
    machine,
    declared: server.facts,
    backups: () => knownBackups(rows, data),
    domainKeys: async () => (await domain.settled()).keys.map(({ id }) => id),
    erasurePending: () => erasurePending(rows, clock.now()),
    handedOut: audit.handedOut,
    hsm: new Clusters({ rows, now, machine, stateOf: (id) => cloudHsm.host.state(id) }),
    journal: audit.journal,
  });
}
