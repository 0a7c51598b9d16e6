/** The pipeline with real rows and a real journal behind a listener on a free port. */
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Journal, JournalError } from '../../src/audit/contract.ts';
import { type Body, type Envelope, parseBody, parseEnvelope } from '../../src/audit/entry.ts';
import { createEncoder } from '../../src/audit/event.ts';
import { openJournal } from '../../src/audit/journal.ts';
import { must, parseRegion } from '../../src/core/ids.ts';
import { ownerAuthorizer } from '../../src/identity/authorizer.ts';
import { SigV4Verifier } from '../../src/identity/sigv4/verifier.ts';
import { AwsJson } from '../../src/wire/aws-json.ts';
import { HttpListener, type ListenerLimits } from '../../src/wire/listener.ts';
import { JsonLog } from '../../src/wire/log.ts';
import { OperatorJson, operatorCaller } from '../../src/wire/operator-json.ts';
import { Pipeline } from '../../src/wire/pipeline.ts';
import { signedHeaders, type ToSign } from '../identity/signing.ts';
import { accessKeyId, account, openWorld, secret, type World } from '../identity/world.ts';
import { Notes } from './notes-service.ts';
import { PutBody } from './put-body.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Event = Envelope & { readonly more: Body | undefined };

/** A journal that can be told to fail. */
class Breakable implements Journal {
  readonly inner: Journal;
  broken = false;
  constructor(inner: Journal) {
    this.inner = inner;
  }
  async append(event: Parameters<Journal['append']>[0]): Promise<void> {
    if (this.broken) throw new JournalError('full', 'no space');
    return this.inner.append(event);
  }
  get size(): number {
    return this.inner.size;
  }
  get lastTime(): number {
    return this.inner.lastTime;
  }
  read(index: number): ReturnType<Journal['read']> {
    return this.inner.read(index);
  }
  subscribe(listener: Parameters<Journal['subscribe']>[0]): () => void {
    return this.inner.subscribe(listener);
  }
  close(): Promise<void> {
    return this.inner.close();
  }
}

export interface TestServer {
  readonly world: World;
  readonly notes: Notes;
  readonly pipeline: Pipeline;
  readonly listener: HttpListener;
  readonly journal: Breakable;
  readonly port: number;
  readonly operatorSocket: string;
  readonly logged: string[];
  /** Ids of events whose outbox rows can go. */
  readonly dropped: string[];
  /** A signed call of the notes service. */
  call(operation: string, input: unknown, options?: Partial<ToSign>): Promise<Answer>;
  /** Signed or not, as the headers say. */
  send(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer>;
  operate(operation: string, input: unknown): Promise<Answer>;
  events(): Promise<readonly Event[]>;
  close(): Promise<void>;
}

export async function startServer(limits: Partial<ListenerLimits> = {}): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'lockholm-wire-'));
  const world = await openWorld();
  world.clock.ms = Date.now();
  const notes = new Notes(world.rows);
  const journal = new Breakable(await openJournal(join(folder, 'journal'), { node: 'test' }));
  const [logged, dropped]: [string[], string[]] = [[], []];
  const log = new JsonLog('debug', (line) => logged.push(line));
  const pipeline = new Pipeline({
    rows: world.rows,
    journal,
    encodeEvent: createEncoder('test'),
    authorizer: ownerAuthorizer,
    clock: world.clock,
    log,
    journalled: (id) => dropped.push(id),
  });
  const signatures = new SigV4Verifier(world);
  const unready = () => pipeline.unready;
  const listener = new HttpListener({
    pipeline,
    protocols: [
      new AwsJson(signatures, new Map([['Notes', notes.service()]])),
      new PutBody(signatures, notes.service()),
    ],
    log,
    unready,
    limits,
  });
  const port = must(await listener.listen({ host: '127.0.0.1', port: 0 }), 'port');
  const operatorSocket = join(folder, 'operator.sock');
  const operator = new OperatorJson(
    notes.service('operator'),
    operatorCaller(1000, account),
    must(parseRegion('us-east-1'), 'Region'),
  );
  const operatorListener = new HttpListener({ pipeline, protocols: [operator], log, unready });
  await operatorListener.listen({ path: operatorSocket });
  const agent = new Agent({ keepAlive: true });

  const sendTo = (
    where: { port: number; host: string } | { socketPath: string },
    ...[method, path, headers, body]: Parameters<TestServer['send']>
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const request = httpRequest({ ...where, agent, method, path, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      });
      request.on('error', reject);
      request.end(body);
    });
  const send: TestServer['send'] = (...request) => sendTo({ host: '127.0.0.1', port }, ...request);

  return {
    world,
    notes,
    pipeline,
    listener,
    journal,
    port,
    operatorSocket,
    logged,
    dropped,
    send,
    call(operation, input, options = {}) {
      const body = typeof input === 'string' ? input : JSON.stringify(input);
      const headers = signedHeaders(
        { accessKeyId, secretAccessKey: secret },
        {
          time: world.clock.ms,
          service: 'notes',
          body,
          ...options,
          headers: { 'X-Amz-Target': `Notes.${operation}`, ...options.headers },
        },
      );
      return send(options.method ?? 'POST', options.path ?? '/', headers, body);
    },
    operate: (operation, input) =>
      sendTo({ socketPath: operatorSocket }, 'POST', `/${operation}`, {}, JSON.stringify(input)),
    async events() {
      const found: Event[] = [];
      for await (const entry of journal.read(0)) {
        found.push({ ...parseEnvelope(entry), more: parseBody(entry) });
      }
      return found;
    },
    async close() {
      agent.destroy();
      await Promise.all([listener.drain(1000), operatorListener.drain(1000)]);
      await journal.close();
      await world.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
