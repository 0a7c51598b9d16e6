/** A cluster of real HSMs with a customer's CA, an administrator and a crypto user, in a temporary folder. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { HsmConnection } from '../../src/hsm/client/connection.ts';
import type { HsmState } from '../../src/hsm/protocol/values.ts';
import { makePair } from '../../src/server/pairs.ts';
import { type CustomerCa, makeCustomerCa } from './customer-ca.ts';
import { HostedHsm, type HsmPlan } from './hsm-host.ts';

export const ADMIN = { user: 'admin', password: 'admin-password' };
export const ALICE = { user: 'alice', password: 'alice-password' };
const PATIENCE_MS = 10_000;

/** One for all clusters of a test file: RSA keys take their time. */
let ca: CustomerCa | undefined;
function sharedCa(): CustomerCa {
  if (ca === undefined) {
    const made = makeCustomerCa();
    process.once('exit', () => made.remove());
    ca = made;
  }
  return ca;
}

export class TestCluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'lockholm-hsm-'));
  readonly ca: CustomerCa = sharedCa();
  readonly clusterId: string;
  readonly hsms: HostedHsm[] = [];
  readonly connections: HsmConnection[] = [];
  unlockCode = '';

  constructor(clusterId = 'cluster-abcdefghijk') {
    this.clusterId = clusterId;
  }

  /** Its first HSM, up to state `uninitialized`. */
  async first(plan: Partial<HsmPlan> = {}): Promise<HostedHsm> {
    const hsm = this.hsm('hsm-first234567', { beginning: 'first', ...plan });
    await hsm.start();
    return hsm;
  }

  async initialize(hsm: HostedHsm, ca: CustomerCa = this.ca): Promise<void> {
    const { csr } = await hsm.describe();
    await hsm.asked.call('initialize', { certificate: ca.sign(csr), trustAnchor: ca.certificate });
  }

  /** One HSM, active, with ADMIN and ALICE. */
  async active(plan: Partial<HsmPlan> = {}): Promise<HostedHsm> {
    const hsm = await this.first(plan);
    await this.initialize(hsm);
    const connection = await this.connect(hsm);
    ({ unlockCode: this.unlockCode } = await connection.call('activate', ADMIN));
    await connection.call('login', { ...ADMIN, alone: false });
    await connection.call('createUser', { ...ALICE, role: 1 });
    connection.close();
    return hsm;
  }

  /** Another member, approved by ADMIN; resolves when it is live. */
  async join(to: HostedHsm, hsmId: string, plan: Partial<HsmPlan> = {}): Promise<HostedHsm> {
    const hsm = this.hsm(hsmId, { beginning: 'join', ...plan });
    await hsm.start();
    const { identity } = await hsm.describe();
    const admin = await this.login(to, ADMIN);
    await admin.call('approveMember', { hsmId, identity });
    admin.close();
    await this.pair(to, hsm);
    await this.reaches(hsm, 'active');
    await this.live(to, hsmId);
    return hsm;
  }

  /** Hands both a socket to each other. */
  async pair(server: HostedHsm, dialler: HostedHsm): Promise<void> {
    const [near, far] = await makePair();
    server.send({ type: 'peer', hsmId: dialler.plan.hsmId, server: true }, near);
    dialler.send({ type: 'peer', hsmId: server.plan.hsmId, server: false }, far);
  }

  async connect(hsm: HostedHsm, allowLocked = false): Promise<HsmConnection> {
    const trust = { anchor: this.ca.certificate, clusterId: hsm.plan.clusterId, allowLocked };
    const connection = await HsmConnection.connect({ address: hsm.address, trust });
    this.connections.push(connection);
    return connection;
  }

  async login(hsm: HostedHsm, who = ALICE): Promise<HsmConnection> {
    const connection = await this.connect(hsm);
    await connection.call('login', { ...who, alone: false });
    return connection;
  }

  async unlock(hsm: HostedHsm, code = this.unlockCode): Promise<void> {
    const connection = await this.connect(hsm, true);
    await connection.call('unlock', { code }).finally(() => connection.close());
  }

  async reaches(hsm: HostedHsm, state: HsmState): Promise<void> {
    await this.until(async () => (await hsm.describe()).state === state, `${hsm.plan.hsmId} is ${state}`);
  }

  async live(hsm: HostedHsm, other: string): Promise<void> {
    await this.until(async () => (await hsm.describe()).online.includes(other), `${other} is live`);
  }

  async until(holds: () => Promise<boolean>, what: string): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!(await holds())) {
      assert.ok(performance.now() < end, `not in time: ${what}`);
      await wait(10);
    }
  }

  /** A second cluster's HSM may be put here as well. */
  hsm(hsmId: string, plan: Pick<HsmPlan, 'beginning'> & Partial<HsmPlan>): HostedHsm {
    const hsm = new HostedHsm({
      hsmId,
      clusterId: this.clusterId,
      folder: join(this.folder, hsmId),
      ...plan,
    });
    this.hsms.push(hsm);
    return hsm;
  }

  async remove(): Promise<void> {
    for (const connection of this.connections) connection.close();
    await Promise.all(this.hsms.map((hsm) => hsm.kill()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What a call is refused with. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'done';
}
