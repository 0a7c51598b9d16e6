/** The parts of a front around real engines, store and journal in a temporary data folder; no network. */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EncodedEvent, EventFacts } from '../../src/audit/contract.ts';
import { parseBody, parseEnvelope } from '../../src/audit/entry.ts';
import { createEncoder } from '../../src/audit/event.ts';
import { type FileJournal, type JournalOptions, openJournal } from '../../src/audit/journal.ts';
import { replayOutbox } from '../../src/audit/outbox.ts';
import type { Call, Caller, CallRecord, Operation, Service } from '../../src/core/call.ts';
import { canonicalContext } from '../../src/core/encryption-context.ts';
import { must, parseAccountId, parseRegion, rootArn } from '../../src/core/ids.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { KeyRecord } from '../../src/kms/key.ts';
import type { Kms } from '../../src/kms/kms.ts';
import { newKey } from '../../src/kms/new-key.ts';
import { kmsService } from '../../src/kms/service.ts';
import { Backups } from '../../src/operator/backup/backups.ts';
import { finishRestore, verifyRestored } from '../../src/operator/backup/finish-restore.ts';
import { getBackup } from '../../src/operator/backup/record.ts';
import { readRestoreMark } from '../../src/operator/backup/restore-mark.ts';
import { journalPath, storePath } from '../../src/operator/data-files.ts';
import { Domain } from '../../src/operator/domain/domain.ts';
import { reloadingEngine } from '../../src/operator/domain/reloading-engine.ts';
import { ROTATION_JOB, rotationJob } from '../../src/operator/domain/rotation.ts';
import { OPERATOR_ACCOUNT } from '../../src/operator/operation.ts';
import { commitWithEvent } from '../../src/operator/own-event.ts';
import type { OperatorParts } from '../../src/operator/parts.ts';
import { operatorService } from '../../src/operator/service.ts';
import { bindKeyStores } from '../../src/server/front/key-stores.ts';
import { bindKms } from '../../src/server/front/kms.ts';
import { serviceEvents } from '../../src/server/front/service-events.ts';
import { ClockGuard } from '../../src/store/clock-guard.ts';
import type { Store } from '../../src/store/contract.ts';
import { engineAuthenticator } from '../../src/store/engine-authenticator.ts';
import { JobRunner } from '../../src/store/jobs.ts';
import { openRows } from '../../src/store/rows.ts';
import type { FrontRows, RowsChange } from '../../src/store/rows-contract.ts';
import { sharedRuns } from '../../src/store/shared-runs.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { operatorCaller } from '../../src/wire/operator-json.ts';
import { startEngines, type TestEngines } from '../support/engines.ts';
import { noClusters } from '../support/kms.ts';

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
  readonly backups: Backups;
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
  readonly journal?: Omit<JournalOptions, 'node'>;
}

/** Starts the parts on what the folder holds. `engines` have no domain of their own making. */
export async function startNode(
  data: string,
  engines: TestEngines,
  options: NodeOptions = {},
): Promise<TestNode> {
  await mkdir(data, { recursive: true, mode: 0o700 });
  const store = await openSqliteStore(
    options.database === undefined ? storePath(data) : join(data, options.database),
  );
  const journal = await openJournal(journalPath(data), { node: NODE, ...options.journal });
  journal.keepFrom(0);
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
  const authenticator = engineAuthenticator(engine);
  const rows = await openRows(domain.guardedStore, authenticator);
  const close = async () => {
    await domain.stop();
    await journal.close();
    await store.close();
  };
  const events = serviceEvents({ ...parts, rows });
  const erase = sharedRuns(() => store.erase());
  const keyStores = bindKeyStores({ ...noClusters, rows, engine, events, clock, erase });
  const lastUsage = { trackingStart: 0, get: () => undefined };
  const kms = bindKms({
    rows,
    engine,
    events,
    erase,
    lastUsage,
    keyStores,
    keyQuota: 100_000,
    wake: () => undefined,
  });
  try {
    const mark = await readRestoreMark(data);
    await domain.load();
    if (mark) await verifyRestored(mark, engine);
    // As at every start: what the store tells of and the journal does not have yet.
    await replayOutbox({ store, journal, node: NODE, authenticator });
    await domain.start(rows, mark !== undefined || options.restored);
    if (mark) await finishRestore(mark, { ...parts, kms, rows, data });
  } catch (error) {
    await close();
    throw error;
  }
  const source = { store, engine, domain, data, journalFolder: journalPath(data), lockholm: '0.0.0' };
  const backups = new Backups({ ...parts, ...source, rows });
  await backups.recover();
  const runners: JobRunner[] = [];
  return {
    data,
    store,
    journal,
    domain,
    rows,
    kms,
    backups,
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
      await backups.stop();
      await Promise.all(runners.map((runner) => runner.stop()));
      await close();
    },
  };
}

export interface LoneNode {
  readonly path: (name: string) => string;
  readonly engines: TestEngines;
  /** On the folder `data`; a test may put another in its place. */
  node: TestNode;
  stop(): Promise<void>;
}

/** A node with engines and a folder of its own. */
export async function startLoneNode(): Promise<LoneNode> {
  const folder = await temporaryFolder();
  const engines = await startEngines({ domain: false });
  const path = (name: string): string => join(folder.path, name);
  const lone: LoneNode = {
    path,
    engines,
    node: await startNode(path('data'), engines),
    async stop() {
      await lone.node.stop();
      await engines.stop();
      await folder.remove();
    },
  };
  return lone;
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

/** Writes a backup and waits for its end. */
export async function backUp(node: TestNode, path: string) {
  const { record, change } = await node.backups.plan(path);
  await node.rows.commit(change);
  node.backups.begin(record);
  await eventually(() => !node.backups.busy);
  const stored = await getBackup(node.rows, record.id);
  if (stored === undefined) throw new Error('the backup is not on record');
  return stored.value;
}

/** What the journal of a node has, in order: names and the facts beside them. */
export async function journalled(node: TestNode, name: string): Promise<readonly JsonObject[]> {
  const found: JsonObject[] = [];
  for await (const entry of node.journal.read(0)) {
    if (parseEnvelope(entry).name === name) found.push(parseBody(entry)?.additionalEventData ?? {});
  }
  return found;
}

const ROOT = { type: 'Root', account: ACCOUNT, arn: rootArn(ACCOUNT), principalId: ACCOUNT } as const;
const STAFF = operatorCaller(0, OPERATOR_ACCOUNT);

/** A call of KMS. */
export const call = (node: TestNode, name: string, request: object): Promise<unknown> =>
  perform(node, kmsService(node.kms), name, ROOT, request);

/** A call over the operator's socket, of an operation that needs no more than rows. */
export const callOperator = (node: TestNode, name: string, request: object): Promise<unknown> =>
  perform(node, operatorService({ rows: node.rows } as unknown as OperatorParts), name, STAFF, request);

/** As the pipeline does it: rows and event in one commit. */
async function perform(node: TestNode, service: Service, name: string, caller: Caller, request: object) {
  const operation = service.operations.get(name) as
    | Operation<object, unknown, unknown, RowsChange>
    | undefined;
  if (operation === undefined) throw new Error(`no operation ${name}`);
  const record: CallRecord = { resources: [], uses: [], responseElements: null, additionalEventData: null };
  const facts = {
    requestId: randomUUID(),
    time: node.parts.clock.now(),
    account: caller.account,
    region: REGION,
    caller,
    sourceIp: '127.0.0.1',
    userAgent: 'test',
  };
  const commit = async (change: RowsChange): Promise<void> => {
    const event = node.parts.encodeEvent({
      ...facts,
      ...record,
      id: facts.requestId,
      type: service.name === 'kms' ? 'AwsApiCall' : 'LockholmEvent',
      source: service.eventSource,
      name,
      readOnly: false,
      requestParameters: operation.audit(request),
    });
    await commitWithEvent(node.parts, event, (committed) =>
      node.rows.commit({ ...change, event: committed }),
    );
  };
  const context: Call<RowsChange> = {
    ...facts,
    eventId: facts.requestId,
    service: service.name,
    operation: name,
    record,
    commit,
  };
  const { resolved } = await operation.resolve(request, context);
  return operation.run(request, context, resolved);
}
