/** `lockholm serve` and other commands of this clone, as processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const HEALTHY_WITHIN_MS = 60_000;
const LOOK_MS = 20;

export interface Server {
  readonly data: string;
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** As Ctrl-C does. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly data: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Every process that runs, so that an end that comes at any moment reaches it. */
const running = new Map<ChildProcess, Promise<unknown>>();
let ending = false;

const LAST_LINES = 20;
const lastSaid: string[] = [];
/** Lines that processes wrote last, for whoever looks for the cause of a failure. */
export const lastLines = (): readonly string[] => lastSaid;

function keep(chunk: string): void {
  lastSaid.push(...chunk.split('\n').filter((line) => line !== ''));
  lastSaid.splice(0, lastSaid.length - LAST_LINES);
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  if (ending) throw new Error('the tour is ending');
  const child = spawn(process.execPath, [main, ...args], {
    // Nothing of the caller's settings and credentials.
    env: { PATH: process.env.PATH ?? '', ...env },
    // By the channel a server learns when the tour was killed, and stops too.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', keep);
  running.set(
    child,
    once(child, 'close').finally(() => running.delete(child)),
  );
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  const closed = running.get(child);
  child.kill('SIGTERM');
  await closed;
}

export async function stopAll(): Promise<void> {
  ending = true;
  await Promise.all([...running.keys()].map(stop));
}

/** On a free port. Rejects with what the server said, when it does not serve. */
export async function serve({ data, env = {} }: ServerOptions): Promise<Server> {
  const child = start(['serve', '--data', data, '--listen', '127.0.0.1:0'], env);
  try {
    const endpoint = await endpointOf(child);
    await healthy(endpoint, child);
    return { data, endpoint, credentials: await credentialsIn(data), stop: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

function endpointOf(child: ChildProcess): Promise<string> {
  let said = '';
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    child.stdout?.on('data', (chunk) => {
      said += chunk;
      const [, endpoint] = / serves (https?:\/\/\S+) /.exec(said) ?? [];
      if (endpoint !== undefined) resolve(endpoint);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${said}`)));
  });
}

async function healthy(endpoint: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + HEALTHY_WITHIN_MS;
  while (child.exitCode === null && Date.now() < deadline) {
    const response = await fetch(`${endpoint}/healthz`).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.status === 200) return;
    await wait(LOOK_MS);
  }
  throw new Error(`the server at ${endpoint} did not become healthy`);
}

/** The file that the server made for its clients: whoever has the folder has it. */
async function credentialsIn(data: string): Promise<Server['credentials']> {
  const text = await readFile(join(data, 'credentials'), 'utf8');
  const value = (name: string) => new RegExp(`^${name}\\s*=\\s*(\\S+)`, 'm').exec(text)?.[1] ?? '';
  return { accessKeyId: value('aws_access_key_id'), secretAccessKey: value('aws_secret_access_key') };
}

/** Standard output of `lockholm <args>`. Rejects with what it said, when it fails. */
export async function lockholm(...args: readonly string[]): Promise<string> {
  const child = start(args);
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream]?.on('data', (chunk: string) => {
      said[stream] += chunk;
    });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`lockholm ${args.join(' ')} ended with ${code}:\n${said.stderr}`);
  return said.stdout;
}
