/** Binds the custody report to what this front has. */
import type { Operation } from '../../core/call.ts';
import { noHsms } from '../../custody/collect/hsm-facts.ts';
import { Reporter } from '../../custody/report/reporter.ts';
import { knownBackups, machineOf } from '../../operator/custody-sources.ts';
import { explainCustody } from '../../operator/operations/explain-custody.ts';
import { reportCustody } from '../../operator/operations/report-custody.ts';
import type { ServerFacts } from '../../operator/parts.ts';
import type { Settings } from '../settings.ts';
import { erasurePending } from './erasures.ts';
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
  server: ServerFacts,
): Reporter {
  const { clock } = events;
  return new Reporter({
    rows,
    now: () => clock.now(),
    machine: () => machineOf(server, listen.host),
    declared: server.facts,
    backups: () => knownBackups(rows, data),
    domainKeys: async () => (await domain.settled()).keys.map(({ id }) => id),
    erasurePending: () => erasurePending(rows, clock.now()),
    handedOut: async () => undefined,
    hsm: noHsms,
    journal: audit.journal,
  });
}
