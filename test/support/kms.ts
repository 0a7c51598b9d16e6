/** KMS on real engines, store and journal, called through the pipeline, with a clock that tests can move. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalEntry } from '../../src/audit/contract.ts';
import { createEncoder } from '../../src/audit/event.ts';
import { openJournal } from '../../src/audit/journal.ts';
import type { Caller } from '../../src/core/call.ts';
import type { ServiceError } from '../../src/core/errors.ts';
import { type AccountId, must, parseAccountId, parseRegion, rootArn } from '../../src/core/ids.ts';
import { ownerAuthorizer } from '../../src/identity/authorizer.ts';
import type { StoreParts } from '../../src/keystores/cloudhsm/stores.ts';
import type { Kms } from '../../src/kms/kms.ts';
import { kmsService } from '../../src/kms/service.ts';
import { bindKeyStores, type KeyStoreParts, keyStoreJobs } from '../../src/server/front/key-stores.ts';
import { bindKms, kmsJobs } from '../../src/server/front/kms.ts';
import { serviceEvents } from '../../src/server/front/service-events.ts';
import { ClockGuard } from '../../src/store/clock-guard.ts';
import { engineAuthenticator } from '../../src/store/engine-authenticator.ts';
import { JobRunner } from '../../src/store/jobs.ts';
import { openRows } from '../../src/store/rows.ts';
import type { Rows } from '../../src/store/rows-contract.ts';
import { sharedRuns } from '../../src/store/shared-runs.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { JsonLog } from '../../src/wire/log.ts';
import { Pipeline } from '../../src/wire/pipeline.ts';
import { bindOperations } from '../../src/wire/services.ts';
import { startEngines } from './engines.ts';

export const ACCOUNT = must(parseAccountId('111122223333'), 'account');
export const OTHER_ACCOUNT = must(parseAccountId('444455556666'), 'account');
export const REGION = 'eu-central-1';

export const root = (account: AccountId): Caller => ({
  type: 'Root',
  account,
  arn: rootArn(account),
  principalId: account,
});

export interface CallOptions {
  readonly account?: AccountId;
  readonly region?: string;
  readonly invokedBy?: string;
}

export interface TestKms {
  readonly kms: Kms;
  readonly stores: StoreParts;
  readonly rows: Rows;
  readonly folder: string;
  readonly clock: { time: number; now(): number };
  /** What the pipeline logged, from level error on. */
  readonly logged: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: outputs are looked at member by member
  call(operation: string, input?: object, options?: CallOptions): Promise<any>;
  /** The error that the call fails with; fails when it succeeds. */
  error(operation: string, input?: object, options?: CallOptions): Promise<ServiceError>;
  /** As a server that starts now has it. */
  guard(): ClockGuard;
  /** Runs what is due by the clock. */
  runJobs(): Promise<JobRunner>;
  events(): Promise<readonly { readonly envelope: Envelope; readonly body: Envelope }[]>;
  stop(): Promise<void>;
}
// biome-ignore lint/suspicious/noExplicitAny: JSON that tests look into
type Envelope = any;

/** Of a server without HSMs. */
export const noClusters: Pick<KeyStoreParts, 'clusters' | 'warn'> = {
  clusters: { find: async () => undefined },
  warn: () => undefined,
};

type Given = Partial<typeof noClusters & { readonly keyQuota: number }>;

export async function startKms({ keyQuota = 100_000, ...given }: Given = {}): Promise<TestKms> {
  const folder = await mkdtemp(join(tmpdir(), 'lockholm-kms-'));
  const engines = await startEngines();
  const { engine } = engines;
  const clock = { time: Date.parse('2026-01-15T12:00:00Z'), now: () => clock.time };
  const store = await openSqliteStore(join(folder, 'lockholm.db'));
  const rows = await openRows(store, engineAuthenticator(engine));
  const journal = await openJournal(join(folder, 'journal'), { node: 'test', clock });
  const encodeEvent = createEncoder('test');
  const dropped: string[] = [];
  const journalled = (id: string): void => void dropped.push(id);
  const events = serviceEvents({ encodeEvent, rows, journal, clock, journalled });
  const erase = sharedRuns(() => store.erase());
  const keyStores = bindKeyStores({ ...noClusters, ...given, rows, engine, events, clock, erase });
  const kms = bindKms({
    rows,
    engine,
    events,
    erase,
    lastUsage: { trackingStart: clock.time, get: () => undefined },
    keyStores,
    keyQuota,
    wake: () => undefined,
  });
  const logged: string[] = [];
  const log = new JsonLog('error', (line) => {
    logged.push(line);
    process.stderr.write(line);
  });
  const pipeline = new Pipeline({
    rows,
    journal,
    encodeEvent,
    authorizer: ownerAuthorizer,
    clock,
    log,
    journalled,
  });
  const bound = new Map(bindOperations(kmsService(kms)).map((each) => [each.operation.name, each]));

  const call: TestKms['call'] = (operation, input = {}, options = {}) =>
    pipeline.invoke({
      bound: must(bound.get(operation), 'operation'),
      caller: {
        ...root(options.account ?? ACCOUNT),
        ...(options.invokedBy === undefined ? {} : { invokedBy: options.invokedBy }),
      },
      region: must(parseRegion(options.region ?? REGION), 'Region'),
      input: input as Record<string, unknown>,
    });

  const guard = () => new ClockGuard({ rows, lastTime: () => journal.lastTime });
  return {
    kms,
    stores: keyStores.stores,
    rows,
    guard,
    folder,
    clock,
    logged,
    call,
    async error(operation, input, options) {
      try {
        await call(operation, input, options);
      } catch (error) {
        return error as ServiceError;
      }
      throw new Error(`${operation} succeeded`);
    },
    async runJobs() {
      const runner = new JobRunner({
        rows,
        clock,
        handlers: { ...kmsJobs(kms), ...keyStoreJobs(keyStores.stores, kms) },
        guard: guard(),
        log: (event, facts) => process.stderr.write(`${event} ${JSON.stringify(facts)}\n`),
        owner: 'test',
      });
      await runner.poll();
      await runner.idle();
      await runner.stop();
      return runner;
    },
    async events() {
      const found: { envelope: Envelope; body: Envelope }[] = [];
      for await (const entry of journal.read(0)) found.push(parseEntry(entry));
      return found;
    },
    async stop() {
      keyStores.stores.connections.stop();
      await journal.close();
      await store.close();
      await engines.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const SALT = 16;
const parseEntry = ({ envelope, body }: JournalEntry) => ({
  envelope: JSON.parse(Buffer.from(envelope).toString()),
  body: JSON.parse(Buffer.from(body).subarray(SALT).toString()),
});
