/**
 * An HSM in this process, on real files, and what its files are after each of its writes: what a cut of the power may
 * leave. From each of these another HSM is started.
 */
import { createSecretKey, randomBytes } from 'node:crypto';
import fs, { closeSync, constants, cpSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mark } from '../../src/hsm/client/host-link.ts';
import { Machine } from '../../src/hsm/machine.ts';
import { clusterOperations } from '../../src/hsm/operations/cluster.ts';
import { type Beginning, beginnings } from '../../src/hsm/protocol/host-messages.ts';
import { type Mode, modes } from '../../src/hsm/protocol/values.ts';
import { type CustomerCa, makeCustomerCa } from './customer-ca.ts';

const names = ['log', 'slot-a', 'slot-b', 'audit'] as const;
type Name = (typeof names)[number];

let ca: CustomerCa | undefined;
export function customerCa(): CustomerCa {
  if (ca !== undefined) return ca;
  const made = makeCustomerCa();
  process.once('exit', () => made.remove());
  ca = made;
  return made;
}

export interface LocalPlan {
  readonly folder: string;
  readonly mode?: Mode;
  readonly hsmId?: string;
  readonly beginning?: Beginning;
  readonly mark?: Mark;
}

export class LocalHsm {
  static readonly hostSecret = createSecretKey(randomBytes(32));
  readonly plan: LocalPlan;
  readonly machine: Machine;
  mark: Mark;
  readonly #fds: readonly number[];

  constructor(plan: LocalPlan) {
    this.plan = plan;
    this.mark = plan.mark ?? { records: 0, tag: Buffer.alloc(16), changes: 0 };
    mkdirSync(plan.folder, { recursive: true });
    const [log = -1, slotA = -1, slotB = -1, audit = -1] = names.map((name) =>
      openSync(this.path(name), constants.O_RDWR | constants.O_CREAT, 0o600),
    );
    this.#fds = [log, slotA, slotB, audit];
    this.machine = new Machine({
      files: { log, slotA, slotB, audit },
      hostSecret: LocalHsm.hostSecret,
      log: () => undefined,
      mark: async (mark) => {
        this.mark = { ...mark, tag: Buffer.from(mark.tag) };
      },
      changed: () => undefined,
      peerLost: () => undefined,
    });
  }

  path(name: Name): string {
    return join(this.plan.folder, name);
  }

  async start(): Promise<this> {
    await this.machine.start({
      clusterId: 'cluster-abcdefghijk',
      hsmId: this.plan.hsmId ?? 'hsm-first234567',
      beginning: beginnings.indexOf(this.plan.beginning ?? 'first'),
      mode: modes.indexOf(this.plan.mode ?? 'attended'),
      mark: this.mark,
      others: [],
      verifyMs: 1_000,
    });
    return this;
  }

  async initialize(): Promise<void> {
    const { csr } = this.machine.describe();
    await this.machine.initialize({
      certificate: customerCa().sign(csr),
      trustAnchor: customerCa().certificate,
    });
  }

  /** Initialized and activated: the unlock code. */
  async activate(): Promise<string> {
    await this.initialize();
    return this.machine.activate('admin', 'admin-password');
  }

  get cluster(): ReturnType<typeof clusterOperations> {
    const { machine } = this;
    return clusterOperations(machine.active, {
      clusterChanged: () => machine.clusterChanged(),
      zeroize: (why) => machine.zeroize(why),
    });
  }

  /** As a kill: nothing more is written. */
  drop(): void {
    for (const fd of this.#fds) closeSync(fd);
  }

  /** The files and the mark after each write that `act` makes. */
  async cuts(act: () => Promise<unknown>): Promise<readonly LocalPlan[]> {
    const plans: LocalPlan[] = [];
    const real = { writeSync: fs.writeSync, ftruncateSync: fs.ftruncateSync };
    const then =
      <A extends unknown[], R>(write: (...args: A) => R) =>
      (...args: A): R => {
        const result = write(...args);
        if (this.#fds.includes(args[0] as number)) plans.push(this.#copy(plans.length));
        return result;
      };
    Object.assign(fs, { writeSync: then(real.writeSync), ftruncateSync: then(real.ftruncateSync) });
    syncBuiltinESMExports();
    try {
      await act();
    } finally {
      Object.assign(fs, real);
      syncBuiltinESMExports();
    }
    return plans;
  }

  #copy(number: number): LocalPlan {
    const folder = `${this.plan.folder}-cut-${this.#fds[0]}-${number}`;
    rmSync(folder, { recursive: true, force: true });
    cpSync(this.plan.folder, folder, { recursive: true });
    return { ...this.plan, folder, mark: this.mark };
  }
}

export const cutFolder = (): string => mkdtempSync(join(tmpdir(), 'lockholm-hsm-cuts-'));
