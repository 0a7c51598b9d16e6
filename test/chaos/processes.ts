/** The processes of a running server, as Linux shows them in /proc. */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export const parts = ['front', 'fast', 'slow'] as const;
export type Part = (typeof parts)[number];

const children = (pid: number): string => `/proc/${pid}/task/${pid}/children`;

/** Why processes cannot be found here, or false. */
export const unseen = existsSync(children(process.pid))
  ? false
  : 'this system has no /proc/PID/task/PID/children';

/** Those that live at this moment. */
export function partsOf(supervisor: number): ReadonlyMap<Part, number> {
  const found = new Map<Part, number>();
  for (const pid of (read(children(supervisor)) ?? '').split(' ').map(Number).filter(Boolean)) {
    const part = partOf(pid);
    if (part !== undefined) found.set(part, pid);
  }
  return found;
}

function partOf(pid: number): Part | undefined {
  const words = (read(`/proc/${pid}/cmdline`) ?? '').split('\0');
  if (words.some((word) => word.includes('/server/front.'))) return 'front';
  const engine = words.findIndex((word) => word.includes('/engine/main.'));
  const lane = engine === -1 ? undefined : words[engine + 1];
  return parts.find((part) => part === lane);
}

export function isAlive(pid: number): boolean {
  // A process that ended and was not waited for yet is none.
  const state = /\) (\S)/.exec(read(`/proc/${pid}/stat`) ?? '')?.[1];
  return state !== undefined && state !== 'Z' && state !== 'X';
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Resolves with those that still live after `ms`. */
export async function survivors(pids: readonly number[], ms: number): Promise<readonly number[]> {
  for (const deadline = performance.now() + ms; performance.now() < deadline; await sleep(10)) {
    if (!pids.some(isAlive)) return [];
  }
  return pids.filter(isAlive);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
