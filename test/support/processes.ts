/** Kills descendants of a process that a test started, by their program. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

interface Running {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

function running(): readonly Running[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
        const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return [{ pid: Number(name), parent: Number(parent), command }];
      } catch {
        return [];
      }
    });
}

/** Ids of the processes below `ancestor` whose command line has `program`. */
export function processesOf(ancestor: number, program: string): readonly number[] {
  const all = running();
  const below = (pid: number): readonly Running[] =>
    all.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...below(child.pid)]);
  return below(ancestor)
    .filter(({ command }) => command.includes(`/${program}.`))
    .map(({ pid }) => pid);
}

/** SIGKILL to the HSM's own process: the one that has its files. */
export function killHsm(ancestor: number, hsmId: string): void {
  const found = processesOf(ancestor, 'hsm/main').find((pid) =>
    readlinkSync(`/proc/${pid}/fd/3`).includes(`/${hsmId}/`),
  );
  assert.ok(found !== undefined, `${hsmId} does not run`);
  process.kill(found, 'SIGKILL');
}

/** SIGKILL, to at least one. */
export function killProcesses(ancestor: number, program: string): void {
  const pids = processesOf(ancestor, program);
  assert.ok(pids.length > 0, `nothing runs ${program}`);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
}
