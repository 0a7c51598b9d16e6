/**
 * The operator's service on real engines, store and journal, behind its socket in a data folder, with a clock that
 * tests can move. `call` is what the commands of the command line do.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEncoder } from '../../src/audit/event.ts';
import { openJournal } from '../../src/audit/journal.ts';
import { callOperator } from '../../src/cli/operator-client.ts';
import type { Operation } from '../../src/core/call.ts';
import { must, parseRegion } from '../../src/core/ids.ts';
import { ownerAuthorizer } from '../../src/identity/authorizer.ts';
import { EngineWatch } from '../../src/operator/engine-watch.ts';
import { OPERATOR_ACCOUNT } from '../../src/operator/operation.ts';
import type { EventParts } from '../../src/operator/own-event.ts';
import type { Declared, OperatorParts } from '../../src/operator/parts.ts';
import { operatorService } from '../../src/operator/service.ts';
import { placeOperatorSocket } from '../../src/operator/socket.ts';
import { ClockGuard } from '../../src/store/clock-guard.ts';
import { engineAuthenticator } from '../../src/store/engine-authenticator.ts';
import { type JobHandler, JobRunner } from '../../src/store/jobs.ts';
import { openRows } from '../../src/store/rows.ts';
import type { Rows } from '../../src/store/rows-contract.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { HttpListener } from '../../src/wire/listener.ts';
import { JsonLog } from '../../src/wire/log.ts';
import { OperatorJson, operatorCaller } from '../../src/wire/operator-json.ts';
import { Pipeline } from '../../src/wire/pipeline.ts';
import { startEngines, type TestEngines } from './engines.ts';

export const UID = 4321;
export const region = must(parseRegion('us-east-1'), 'Region');

export interface TestOperator {
  readonly data: string;
  readonly engines: TestEngines;
  readonly rows: Rows;
  readonly parts: OperatorParts;
  readonly events: EventParts;
  readonly clock: { time: number; now(): number };
  readonly runner: JobRunner;
  call<Output>(operation: string, input?: object): Promise<Output>;
  /** Each event of the journal: envelope and body, as text. */
  journalled(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface TestOperatorOptions {
  readonly data?: string;
  readonly facts?: readonly Declared[];
  readonly missingEntries?: number;
  readonly jobs?: Readonly<Record<string, JobHandler>>;
  /** Operations of other parts. */
  readonly more?: (parts: OperatorParts) => readonly Operation[];
}

export async function startOperator(options: TestOperatorOptions = {}): Promise<TestOperator> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), 'lockholm-operator-')));
  const watch = new EngineWatch();
  const engines = await startEngines({ onOpen: (lane, hello) => watch.opened(lane, hello) });
  const { engine } = engines;
  const clock = { time: Date.parse('2026-01-15T12:00:00Z'), now: () => clock.time };
  const store = await openSqliteStore(join(data, 'lockholm.db'));
  const rows = await openRows(store, engineAuthenticator(engine));
  const journal = await openJournal(join(data, 'journal'), { node: 'test', clock });
  const encodeEvent = createEncoder('test');
  const journalled = (): void => undefined;
  const log = new JsonLog('error', (line) => process.stderr.write(line));
  const guard = new ClockGuard({ rows, lastTime: () => journal.lastTime });
  const runner = new JobRunner({
    rows,
    clock,
    handlers: options.jobs ?? {},
    guard,
    log: () => undefined,
    owner: 'test',
  });
  const parts: OperatorParts = {
    rows,
    engine,
    clock,
    journal,
    missingEntries: options.missingEntries ?? 0,
    server: {
      version: '1.2.3',
      processId: 77,
      started: clock.time,
      endpoint: () => 'http://127.0.0.1:4566',
      region,
      data,
      seal: join(data, 'seal'),
      facts: options.facts ?? [],
    },
    engines: () => watch.states(),
    jobs: runner,
    clockGuard: guard,
  };
  const pipeline = new Pipeline({
    rows,
    journal,
    encodeEvent,
    authorizer: ownerAuthorizer,
    clock,
    log,
    journalled,
  });
  const caller = operatorCaller(UID, OPERATOR_ACCOUNT);
  const listener = new HttpListener({
    pipeline,
    protocols: [new OperatorJson(operatorService(parts, options.more?.(parts)), caller, region)],
    log,
    unready: () => undefined,
  });
  const removeSocket = await placeOperatorSocket(data, (path) => listener.listen({ path }));
  return {
    data,
    engines,
    rows,
    parts,
    events: { journal, encodeEvent, journalled, clock, region },
    clock,
    runner,
    call: (operation, input = {}) => callOperator(data, operation, input),
    async journalled() {
      const found: string[] = [];
      for await (const { envelope, body } of journal.read(0))
        found.push(Buffer.concat([envelope, body]).toString('latin1'));
      return found;
    },
    async stop() {
      await removeSocket();
      await listener.drain(0);
      await runner.stop();
      await journal.close();
      await store.close();
      await engines.stop();
      if (options.data === undefined) await rm(data, { recursive: true, force: true });
    },
  };
}
