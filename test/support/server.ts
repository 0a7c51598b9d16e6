/** A real server: `lockholm serve` as a process of its own, on a free port, with a data folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

export interface TestServer {
  readonly endpoint: string;
  readonly data: string;
  readonly credentialsFile: string;
  readonly configFile: string;
  readonly pid: number;
  /** SIGTERM; resolves with the exit code. Removes the data folder unless it was given. */
  stop(): Promise<number | null>;
  /** SIGKILL to the supervisor; resolves when it is gone. The data folder stays until `stop`. */
  kill(): Promise<void>;
}

export interface ServerOptions {
  /** A folder that an earlier server left; it is not removed. */
  readonly data?: string;
  readonly listen?: string;
  readonly args?: readonly string[];
}

export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const folder = options.data ?? mkdtempSync(join(tmpdir(), 'lockholm-server-'));
  const remove = () => {
    if (options.data === undefined) rmSync(folder, { recursive: true, force: true });
  };
  const data = options.data ?? join(folder, 'data');
  const listen = options.listen ?? '127.0.0.1:0';
  const child = spawn(
    process.execPath,
    [main, 'serve', '--data', data, '--listen', listen, ...(options.args ?? [])],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH ?? '' } },
  );
  const exited = once(child, 'exit');
  try {
    const endpoint = await endpointOf(child);
    await healthy(endpoint, child);
    return {
      endpoint,
      data,
      credentialsFile: join(data, 'credentials'),
      configFile: join(data, 'config'),
      pid: child.pid ?? 0,
      async stop() {
        child.kill('SIGTERM');
        await exited;
        remove();
        return child.exitCode;
      },
      async kill() {
        child.kill('SIGKILL');
        await exited;
      },
    };
  } catch (error) {
    child.kill('SIGKILL');
    await exited;
    remove();
    throw error;
  }
}

/** The endpoint that the first line names. Rejects with all that was said when the server ends before. */
function endpointOf(child: ChildProcess): Promise<string> {
  let said = '';
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    child.stdout?.on('data', (chunk) => {
      said += chunk;
      const found = / serves (https?:\/\/\S+) /.exec(said);
      if (found?.[1] !== undefined) resolve(found[1]);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${said}`)));
  });
}

/** Longer than any start on a busy machine. */
const HEALTHY_WITHIN_MS = 60_000;

async function healthy(endpoint: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + HEALTHY_WITHIN_MS;
  let said = '';
  while (child.exitCode === null) {
    const response = await fetch(`${endpoint}/healthz`).catch(() => undefined);
    said = (await response?.text().catch(() => undefined)) ?? said;
    if (response?.status === 200) return;
    if (Date.now() > deadline) throw new Error(`the server did not become healthy: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the server ended before it was healthy');
}
