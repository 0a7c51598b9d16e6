/**
 * Whether a child still answers. It is asked over its IPC channel, which its event loop serves like all else, so that
 * an answer shows that it can work. Time is counted in turns of this process, not by the clock: after all were stopped
 * together (Ctrl-Z, a suspended machine) answers that lie ready are read before the next turn.
 */
import { readFileSync } from 'node:fs';
import type { Log } from '../engine/protocol/log.ts';

export interface LivenessTimes {
  readonly everyMs: number;
  /** Turns without an answer and without work after which a child counts as hung. */
  readonly silentTurns: number;
  /** Turns without an answer after which it does even if it computes. */
  readonly busyTurns: number;
}

/**
 * Asked every 5 s; hung after 10 s without an answer, which is also when a front gives up a call. An engine that uses
 * the processor meanwhile may be making a large key, which blocks its event loop: a child that computes has two minutes,
 * many times what the slowest key takes on a slow machine. An endless loop ends then too.
 */
export const defaultLiveness: LivenessTimes = { everyMs: 5_000, silentTurns: 2, busyTurns: 24 };

export interface LivenessParts {
  pid(): number | undefined;
  /** Asks; the answer is to be told to `answered`. */
  ask(): void;
  /** It does not answer and does not work, or does answer again. */
  readonly silent?: (isSilent: boolean) => void;
  hung(): void;
  /** Clock ticks of processor time that the process has used; undefined where the system does not tell. */
  readonly used?: (pid: number) => number | undefined;
}

/** Of clock ticks (sysconf(_SC_CLK_TCK): 100 a second) in a turn: what an idle runtime never uses. */
const WORKING = 5;

export class Liveness {
  readonly #parts: LivenessParts;
  readonly #times: LivenessTimes;
  #timer: NodeJS.Timeout | undefined;
  #asked = false;
  #unanswered = 0;
  #silent = 0;
  #used: number | undefined;

  constructor(parts: LivenessParts, times: LivenessTimes) {
    this.#parts = parts;
    this.#times = times;
  }

  /** From when the child is started; the first turn asks. */
  watch(): void {
    this.stop();
    this.#timer = setInterval(() => this.#turn(), this.#times.everyMs).unref();
  }

  answered(): void {
    this.#asked = false;
    this.#unanswered = 0;
    this.#noLongerSilent();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#asked = false;
    this.#unanswered = 0;
    this.#silent = 0;
  }

  #ask(): void {
    this.#asked = true;
    this.#used = this.#usedNow();
    this.#parts.ask();
  }

  #turn(): void {
    if (!this.#asked) {
      this.#ask();
      return;
    }
    this.#unanswered += 1;
    if (this.#works()) this.#noLongerSilent();
    else if (this.#silent++ === 0) this.#parts.silent?.(true);
    const { silentTurns, busyTurns } = this.#times;
    if (this.#silent < silentTurns && this.#unanswered < busyTurns) return;
    this.stop();
    this.#parts.hung();
  }

  #noLongerSilent(): void {
    if (this.#silent > 0) this.#parts.silent?.(false);
    this.#silent = 0;
  }

  /** Where the system does not tell, only the long time counts. */
  #works(): boolean {
    const before = this.#used;
    this.#used = this.#usedNow();
    return before === undefined || this.#used === undefined || this.#used - before >= WORKING;
  }

  #usedNow(): number | undefined {
    const pid = this.#parts.pid();
    return pid === undefined ? undefined : (this.#parts.used ?? processorTime)(pid);
  }
}

/** Kills a child that hangs: it is of no more use than a dead one, and its kill is followed by the same. */
export function killHung(
  name: string,
  child: { readonly pid: number | undefined; kill(): void },
  parts: Pick<LivenessParts, 'ask' | 'silent'> & { readonly log: Log },
  times: LivenessTimes = defaultLiveness,
): Liveness {
  const { log, ...asked } = parts;
  const hung = (): void => {
    log('child-hung', { child: name });
    child.kill();
  };
  return new Liveness({ ...asked, pid: () => child.pid, hung }, times);
}

/** utime and stime of /proc/PID/stat (proc(5)), whose second field may hold anything, in parentheses. */
export function processorTime(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // From the third field on.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const used = Number(fields[11]) + Number(fields[12]);
    return Number.isFinite(used) ? used : undefined;
  } catch {
    return undefined;
  }
}
