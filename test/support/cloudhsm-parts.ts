/**
 * CloudHSM on real engines, store, journal, host and HSMs, in one process but for the HSMs, called through the pipeline with
 * a clock that tests can move.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEncoder } from '../../src/audit/event.ts';
import { openJournal } from '../../src/audit/journal.ts';
import type { CloudHsm } from '../../src/cloudhsm/cloudhsm.ts';
import { HostClient } from '../../src/cloudhsm/host/client.ts';
import { cloudHsmService } from '../../src/cloudhsm/service.ts';
import { must, type Place, parseRegion } from '../../src/core/ids.ts';
import { ownerAuthorizer } from '../../src/identity/authorizer.ts';
import { bindCloudHsm, cloudHsmJobs } from '../../src/server/front/cloudhsm.ts';
import { Host } from '../../src/server/hsm-host/host.ts';
import { makePair } from '../../src/server/pairs.ts';
import { ClockGuard } from '../../src/store/clock-guard.ts';
import { engineAuthenticator } from '../../src/store/engine-authenticator.ts';
import { JobRunner } from '../../src/store/jobs.ts';
import { openRows } from '../../src/store/rows.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { JsonLog } from '../../src/wire/log.ts';
import { Pipeline } from '../../src/wire/pipeline.ts';
import { bindOperations } from '../../src/wire/services.ts';
import { startEngines } from './engines.ts';
import { ACCOUNT, root } from './kms.ts';

const REGION = must(parseRegion('us-east-1'), 'Region');
export const PLACE: Place = { account: ACCOUNT, region: REGION };

export interface TestCloudHsm {
  readonly parts: CloudHsm;
  readonly data: string;
  /** The machine's, and so many milliseconds ahead of it. */
  readonly clock: { ahead: number; now(): number };
  // biome-ignore lint/suspicious/noExplicitAny: outputs are looked at member by member
  call(operation: string, input?: object): Promise<any>;
  /** Runs what is due by the clock. */
  runJobs(): Promise<JobRunner>;
  /** Names of the events, oldest first. */
  events(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export async function startCloudHsm(): Promise<TestCloudHsm> {
  const data = await mkdtemp(join(tmpdir(), 'lockholm-hsm-parts-'));
  const engines = await startEngines();
  const clock = { ahead: 0, now: () => Date.now() + clock.ahead };
  const store = await openSqliteStore(join(data, 'lockholm.db'));
  const rows = await openRows(store, engineAuthenticator(engines.engine));
  const journal = await openJournal(join(data, 'journal'), { node: 'test', clock });
  const encodeEvent = createEncoder('test');
  const common = { rows, journal, encodeEvent, clock, journalled: () => undefined };

  const secret = randomBytes(32);
  const host = new Host({
    data,
    log: () => undefined,
    wantSecret: (hsmId) => void giveSecret(hsmId),
  });
  async function giveSecret(hsmId: string): Promise<void> {
    const [given, kept] = await makePair();
    kept.end(secret);
    await once(kept, 'finish');
    host.hsm(hsmId)?.begin(given);
  }
  const client: HostClient = new HostClient({
    wanted: async () => {
      const [near, far] = await makePair();
      host.attach(near);
      client.attach(far);
    },
  });
  const settings = { hsmNetwork: '127.97', hsmPort: 2223 };
  const warn = (event: string, facts: object) => process.stderr.write(`${event} ${JSON.stringify(facts)}\n`);
  const { cloudHsm, follower } = bindCloudHsm({ ...common, host: client, settings, warn });
  const log = new JsonLog('error', (line) => process.stderr.write(line));
  const pipeline = new Pipeline({ ...common, authorizer: ownerAuthorizer, log });
  const bound = new Map(bindOperations(cloudHsmService(cloudHsm)).map((each) => [each.operation.name, each]));
  const guard = new ClockGuard({ rows, lastTime: () => journal.lastTime });
  return {
    parts: cloudHsm,
    data,
    clock,
    call: (operation, input = {}) =>
      pipeline.invoke({
        bound: must(bound.get(operation), 'operation'),
        caller: root(ACCOUNT),
        region: REGION,
        input: input as Record<string, unknown>,
      }),
    async runJobs() {
      const options = { rows, clock, guard, owner: 'test', log: warn };
      const runner = new JobRunner({ ...options, handlers: cloudHsmJobs(cloudHsm) });
      await runner.poll();
      await runner.idle();
      await runner.stop();
      return runner;
    },
    async events() {
      const names: string[] = [];
      for await (const { envelope } of journal.read(0))
        names.push(JSON.parse(Buffer.from(envelope).toString()).name);
      return names;
    },
    async stop() {
      await follower.stop();
      client.close();
      await host.stop();
      await journal.close();
      await store.close();
      await engines.stop();
      await rm(data, { recursive: true, force: true });
    },
  };
}
