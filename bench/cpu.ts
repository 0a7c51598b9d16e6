/** CPU seconds of processes and all their descendants: user and system time of /proc/<pid>/stat, proc_pid_stat(5). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, the unit of utime and stime: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

interface ProcessTime {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

const readProcess = (pid: number): ProcessTime | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Fields after the command's name, which may hold spaces and parentheses: the first is field 3.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { pid, parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined; // Ended meanwhile.
  }
};

/** Undefined where there is no /proc. */
export const cpuSeconds = (...roots: readonly number[]): number | undefined => {
  if (!existsSync('/proc/self/stat')) return undefined;
  const processes = readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
  const tree = new Set(roots);
  for (let size = 0; size !== tree.size; ) {
    size = tree.size;
    for (const { pid, parent } of processes) if (tree.has(parent)) tree.add(pid);
  }
  const ticks = processes.filter(({ pid }) => tree.has(pid)).reduce((sum, process) => sum + process.ticks, 0);
  return ticks / TICKS_PER_SECOND;
};
