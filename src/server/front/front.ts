/** The front's parts, put together in the order in which each needs the ones before it, and closed in reverse. */
import { type Audit, openAudit } from '../../audit/open-audit.ts';
import { lockholmVersion } from '../../cli/version.ts';
import { systemClock } from '../../core/clock.ts';
import { must, parseRegion } from '../../core/ids.ts';
import { ownerAuthorizer } from '../../identity/authorizer.ts';
import { SigV4Verifier } from '../../identity/sigv4/verifier.ts';
import { kmsService } from '../../kms/service.ts';
import { Backups } from '../../operator/backup/backups.ts';
import { finishRestore, verifyRestored } from '../../operator/backup/finish-restore.ts';
import { readRestoreMark } from '../../operator/backup/restore-mark.ts';
import { journalPath, storePath } from '../../operator/data-files.ts';
import { Domain } from '../../operator/domain/domain.ts';
import { reloadingEngine } from '../../operator/domain/reloading-engine.ts';
import { startRotationSchedule } from '../../operator/domain/rotation-schedule.ts';
import { OPERATOR_ACCOUNT } from '../../operator/operation.ts';
import { createBackup } from '../../operator/operations/create-backup.ts';
import { describeBackup } from '../../operator/operations/describe-backup.ts';
import { describeDomain } from '../../operator/operations/describe-domain.ts';
import { listBackups } from '../../operator/operations/list-backups.ts';
import { rotateDomainKey } from '../../operator/operations/rotate-domain-key.ts';
import { operatorService } from '../../operator/service.ts';
import { placeOperatorSocket } from '../../operator/socket.ts';
import { lockDataFolder } from '../../store/data-lock.ts';
import { engineAuthenticator } from '../../store/engine-authenticator.ts';
import { openRows } from '../../store/rows.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';
import { AwsJson } from '../../wire/aws-json.ts';
import { HttpListener } from '../../wire/listener.ts';
import type { Log } from '../../wire/log.ts';
import { OperatorJson, operatorCaller } from '../../wire/operator-json.ts';
import { Pipeline } from '../../wire/pipeline.ts';
import type { Protocol } from '../../wire/protocol.ts';
import { explained, localEndpoint } from '../endpoint.ts';
import { prepareClients } from '../first-start.ts';
import type { Settings } from '../settings.ts';
import type { EnginePairs } from './engine-pairs.ts';
import { connectEngines } from './engines.ts';
import { startJobs } from './jobs.ts';
import { bindKms } from './kms.ts';
import { nodeName } from './node-name.ts';
import { serviceEvents } from './service-events.ts';

/** A front that was killed holds its lock for a moment more. */
const LOCK_WAIT_MS = 5_000;
/** Of entries that belong to no Region, and what clients get by default where it is served. */
const HOME_REGION = must(parseRegion('us-east-1'), 'Region');

export class Front {
  readonly endpoint: string;
  readonly #listeners: readonly HttpListener[];
  readonly #closing: AsyncDisposableStack;

  private constructor(endpoint: string, listeners: readonly HttpListener[], closing: AsyncDisposableStack) {
    this.endpoint = endpoint;
    this.#listeners = listeners;
    this.#closing = closing;
  }

  /** Rejects with an error that says what to do; everything that was opened is closed then. */
  static async start(settings: Settings, pairs: EnginePairs, log: Log): Promise<Front> {
    await using opening = new AsyncDisposableStack();
    const { endpoint, listeners } = await open(settings, pairs, log, opening);
    return new Front(endpoint, listeners, opening.move());
  }

  /** Answers what is under way, for at most `graceMs`, then closes everything. */
  async stop(graceMs: number): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.drain(graceMs)));
    await this.#closing.disposeAsync();
  }
}

async function open(settings: Settings, pairs: EnginePairs, log: Log, opening: AsyncDisposableStack) {
  const { data } = settings;
  const clock = systemClock;
  const started = clock.now();
  const clientRegion = settings.regions[0] ?? HOME_REGION;
  opening.defer(await lockDataFolder(data, 'front-lock', LOCK_WAIT_MS));
  const store = opening.adopt(await openSqliteStore(storePath(data)), (open) => open.close());
  const node = await nodeName(data);
  const audit = opening.adopt(
    await openAudit({
      folder: journalPath(data),
      store,
      node,
      home: { account: OPERATOR_ACCOUNT, region: HOME_REGION },
      segmentBytes: settings.journalSegmentSize,
      ...(settings.journalRetentionDays > 0 && { retentionDays: settings.journalRetentionDays }),
      report: (error) => log.warn('the journal needs attention', { error }),
    }),
    (open) => open.close(),
  );
  reportRecovery(audit, log);

  let domain: Domain | undefined;
  const { engine: client, watch } = connectEngines(pairs, {
    sessions: audit.sessions,
    domain: () => domain,
    log,
  });
  opening.defer(() => client.close());
  const events = {
    journal: audit.journal,
    encodeEvent: audit.encodeEvent,
    journalled: audit.outbox.journalled,
    clock,
    region: HOME_REGION,
  };
  const engineLog = (event: string, facts: Readonly<Record<string, unknown>>): void => log.warn(event, facts);
  domain = opening.adopt(new Domain({ ...events, store, engine: client, node, log: engineLog }), (open) =>
    open.stop(),
  );
  const engine = reloadingEngine(client, () => domain.refresh());
  const rows = await openRows(domain.guardedStore, engineAuthenticator(engine));
  const restore = await readRestoreMark(data);
  await domain.start(rows, restore && (() => verifyRestored(restore, engine)));

  const kms = bindKms({
    rows,
    store: domain.guardedStore,
    engine,
    events: serviceEvents({ ...events, rows }),
    lastUsage: audit.lastUsage,
  });
  if (restore !== undefined) {
    const facts = await finishRestore(restore, { ...events, kms, rows, data });
    log.warn('the data folder was restored from a backup', facts);
  }
  const backups = new Backups({
    ...events,
    rows,
    store,
    engine,
    domain,
    data,
    journalFolder: journalPath(data),
    lockholm: lockholmVersion(),
    log: engineLog,
  });
  await backups.recover();
  opening.defer(() => backups.stop());
  const { guard, runner } = startJobs({
    rows,
    store,
    engine,
    domain,
    kms,
    clock,
    node,
    lastTimeFound: audit.lastTimeFound,
    log,
  });
  opening.defer(() => runner.stop());
  opening.defer(
    startRotationSchedule({
      ...events,
      domain,
      rows,
      log: engineLog,
      rotationDays: settings.domainKeyRotationDays,
    }),
  );

  let endpoint = '';
  const operator = operatorService(
    {
      rows,
      engine,
      clock,
      journal: audit.journal,
      server: {
        version: lockholmVersion(),
        // The supervisor, which is the one to signal.
        processId: process.ppid,
        started,
        endpoint: () => endpoint,
        data,
        seal: settings.seal,
        region: clientRegion,
        facts: settings.facts,
      },
      engines: () => watch.states(),
      jobs: runner,
      clockGuard: guard,
    },
    [
      rotateDomainKey({ domain, rows, clock }),
      describeDomain({ domain, rows, clock }),
      createBackup({ backups, rows }),
      describeBackup({ backups, rows }),
      listBackups({ backups, rows }),
    ],
  );
  const pipeline = new Pipeline({ ...events, rows, authorizer: ownerAuthorizer, log });
  const verifier = new SigV4Verifier({
    rows,
    engine,
    clock,
    ...(settings.regions.length > 0 && { regions: new Set(settings.regions) }),
  });
  let starting: string | undefined = 'the server is starting';
  const unready = () =>
    starting ?? pipeline.unready ?? (watch.down.length > 0 ? 'an engine is being started again' : undefined);
  const listenerOf = (protocol: Protocol, connections: number) =>
    new HttpListener({ pipeline, protocols: [protocol], log, unready, limits: { connections } });
  const api = listenerOf(
    new AwsJson(verifier, new Map([['TrentService', kmsService(kms)]])),
    settings.maxConnections,
  );
  const caller = operatorCaller(process.getuid?.() ?? 0, OPERATOR_ACCOUNT);
  const local = listenerOf(new OperatorJson(operator, caller, HOME_REGION), 0);
  opening.defer(await placeOperatorSocket(data, (path) => local.listen({ path })));
  const { host, port } = settings.listen;
  const used = await explained(settings.listen, api.listen({ host, port }));
  endpoint = localEndpoint(host, used ?? port);
  await prepareClients({ rows, engine, events, data, endpoint, region: clientRegion, log });
  starting = undefined;
  return { endpoint, listeners: [api, local] };
}

function reportRecovery({ replayed, leftOpen }: Audit, log: Log): void {
  if (replayed.appended + replayed.dropped + leftOpen.length > 0)
    log.warn('the last run did not stop in order; nothing that was acknowledged is lost', {
      ...replayed,
      sessionsClosed: leftOpen.length,
    });
}
