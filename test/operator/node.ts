/** The parts of a front around real engines, store and journal in a temporary data folder; no network. */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EncodedEvent, EventFacts } from '../../src/audit/contract.ts';
import { createEncoder } from '../../src/audit/event.ts';
import { type FileJournal, openJournal } from '../../src/audit/journal.ts';
import { DAY_MS } from '../../src/core/clock.ts';
import { canonicalContext } from '../../src/core/encryption-context.ts';
import { must, parseAccountId, parseRegion } from '../../src/core/ids.ts';
import type { KeyRecord } from '../../src/kms/key.ts';
import type { Kms } from '../../src/kms/kms.ts';
import { newKey } from '../../src/kms/new-key.ts';
import { Domain } from '../../src/operator/domain/domain.ts';
import { reloadingEngine } from '../../src/operator/domain/reloading-engine.ts';
import { ROTATION_JOB, rotationJob } from '../../src/operator/domain/rotation.ts';
import { bindKms } from '../../src/server/front/kms.ts';
import { serviceEvents } from '../../src/server/front/service-events.ts';
import { ClockGuard } from '../../src/store/clock-guard.ts';
import type { Store } from '../../src/store/contract.ts';
import { engineAuthenticator } from '../../src/store/engine-authenticator.ts';
import { JobRunner } from '../../src/store/jobs.ts';
import { openRows } from '../../src/store/rows.ts';
import type { FrontRows } from '../../src/store/rows-contract.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import type { TestEngines } from '../support/engines.ts';

export const REGION = must(parseRegion('eu-central-1'), 'Region');
export const ACCOUNT = must(parseAccountId('111122223333'), 'account');
const PLACE = { account: ACCOUNT, region: REGION };
const NODE = 'node-1';

export async function temporaryFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'lockholm-operator-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export interface TestNode {
  readonly data: string;
  readonly store: Store;
  readonly journal: FileJournal;
  readonly domain: Domain;
  readonly rows: FrontRows;
  readonly kms: Kms;
  readonly parts: {
    readonly journal: FileJournal;
    readonly encodeEvent: (facts: EventFacts) => EncodedEvent;
    readonly journalled: (id: string) => void;
    readonly clock: { now(): number };
    readonly region: typeof REGION;
    readonly log: (event: string, facts: object) => void;
  };
  readonly logged: string[];
  jobs(settleMs?: number): JobRunner;
  stop(): Promise<void>;
}

export interface NodeOptions {
  readonly restored?: boolean;
  readonly clock?: { now(): number };
  /** Of the data folder. */
  readonly database?: string;
}

/** Starts the parts on what the folder holds. `engines` have no domain of their own making. */
export async function startNode(
  data: string,
  engines: TestEngines,
  options: NodeOptions = {},
): Promise<TestNode> {
  await mkdir(data, { recursive: true, mode: 0o700 });
  const store = await openSqliteStore(join(data, options.database ?? 'lockholm.db'));
  const journal = await openJournal(join(data, 'journal'), { node: NODE });
  const clock = options.clock ?? { now: () => Date.now() };
  const logged: string[] = [];
  const parts = {
    journal,
    encodeEvent: createEncoder(NODE),
    journalled: (id: string) => void store.dropOutbox([id]).catch(() => undefined),
    clock,
    region: REGION,
    log: (event: string, facts: object) => logged.push(`${event} ${JSON.stringify(facts)}`),
  };
  const domain = new Domain({ ...parts, store, engine: engines.engine, node: NODE });
  const engine = reloadingEngine(engines.engine, () => domain.refresh());
  const rows = await openRows(domain.guardedStore, engineAuthenticator(engine));
  const close = async () => {
    await domain.stop();
    await journal.close();
    await store.close();
  };
  try {
    await domain.start(rows, options.restored ?? false);
  } catch (error) {
    await close();
    throw error;
  }
  const events = serviceEvents({ ...parts, rows });
  const kms = bindKms({ rows, store, engine, events, lastUsage: { trackingStart: 0, get: () => undefined } });
  const runners: JobRunner[] = [];
  return {
    data,
    store,
    journal,
    domain,
    rows,
    kms,
    parts,
    logged,
    jobs(settleMs = 100) {
      const handlers = { [ROTATION_JOB]: rotationJob({ domain, rows, engine, store, settleMs }) };
      const guard = new ClockGuard({ rows, lastTime: () => journal.lastTime });
      const runner = new JobRunner({ rows, clock, handlers, guard, log: parts.log, owner: NODE, pollMs: 20 });
      runners.push(runner);
      runner.start();
      return runner;
    },
    async stop() {
      await Promise.all(runners.map((runner) => runner.stop()));
      await close();
    },
  };
}

/** A key, committed as CreateKey would. */
export async function createKey(node: TestNode): Promise<KeyRecord> {
  const when = { time: node.parts.clock.now(), eventId: randomUUID() };
  const traits = {
    ...PLACE,
    manager: 'CUSTOMER',
    description: '',
    multiRegion: false,
    policy: '{}',
    tags: [],
  } as const;
  const { record, change } = await newKey(node.kms, { ...traits, rotate: false }, when);
  await node.rows.commit(change);
  return record;
}

const CONTEXT = canonicalContext({ of: 'test' });

export async function encrypt(node: TestNode, key: KeyRecord, text: string): Promise<Uint8Array> {
  const material = await node.kms.materials.current(key);
  return (await node.kms.backend.encrypt(material, Buffer.from(text), CONTEXT)).ciphertext;
}

export async function decrypt(node: TestNode, key: KeyRecord, ciphertext: Uint8Array): Promise<string> {
  const material = await node.kms.materials.current(key);
  return Buffer.from((await node.kms.backend.decrypt(material, ciphertext, CONTEXT)).plaintext).toString();
}

export async function eventually(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

export const DAYS = DAY_MS;
