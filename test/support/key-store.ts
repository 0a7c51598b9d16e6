/** KMS beside a cluster of two real HSMs with an administrator and the crypto user `kmsuser`. */
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { certificateFingerprint, parseCertificate } from '../../src/hsm/protocol/chain.ts';
import type { HsmCluster } from '../../src/kms/hsm-clusters.ts';
import { ADMIN, TestCluster } from './hsm-cluster.ts';
import type { HostedHsm } from './hsm-host.ts';
import { startKms, type TestKms } from './kms.ts';

export const PASSWORD = 'kmsuser-password-1';
const PATIENCE_MS = 15_000;

export interface Shown {
  readonly ConnectionState: string;
  readonly ConnectionErrorCode?: string;
}

export class TestKeyStore {
  readonly cluster = new TestCluster();
  /** What KMS sees of it, which tests may change. */
  shown: Partial<HsmCluster> | undefined = {};
  #hsms: readonly HostedHsm[] = [];
  #kms: TestKms | undefined;

  get kms(): TestKms {
    assert.ok(this.#kms);
    return this.#kms;
  }
  get hsms(): readonly HostedHsm[] {
    return this.#hsms;
  }

  async start(): Promise<void> {
    const first = await this.cluster.active();
    this.#hsms = [first, await this.cluster.join(first, 'hsm-second23456')];
    await this.setPassword(PASSWORD, 'createUser');
    this.#kms = await startKms({
      clusters: { find: async (_place, id) => this.#find(id) },
    });
  }

  async stop(): Promise<void> {
    await this.#kms?.stop();
    await this.cluster.remove();
  }

  /** By an administrator. */
  async setPassword(
    password: string,
    how: 'createUser' | 'changePassword' = 'changePassword',
  ): Promise<void> {
    const admin = await this.cluster.login(this.#first, ADMIN);
    if (how === 'createUser') await admin.call('createUser', { user: 'kmsuser', role: 1, password });
    else await admin.call('changePassword', { user: 'kmsuser', password });
    admin.close();
  }

  get request() {
    return {
      CustomKeyStoreName: 'store',
      CloudHsmClusterId: this.cluster.clusterId,
      TrustAnchorCertificate: this.cluster.ca.certificate,
      KeyStorePassword: PASSWORD,
    };
  }

  async create(): Promise<string> {
    return (await this.kms.call('CreateCustomKeyStore', this.request)).CustomKeyStoreId;
  }

  async connect(id: string, expected = 'CONNECTED'): Promise<Shown> {
    await this.kms.call('ConnectCustomKeyStore', { CustomKeyStoreId: id });
    return this.settles(id, expected);
  }

  async disconnect(id: string, expected = 'DISCONNECTED'): Promise<Shown> {
    await this.kms.call('DisconnectCustomKeyStore', { CustomKeyStoreId: id });
    return this.settles(id, expected);
  }

  /** Runs what is due, again and again, with time going on, until the store is in that state. */
  async settles(id: string, expected: string): Promise<Shown> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      await this.kms.runJobs();
      const shown = await this.show(id);
      if (shown.ConnectionState === expected) return shown;
      assert.ok(performance.now() < end, `${JSON.stringify(shown)} and not ${expected}`);
      this.kms.clock.time += 5_000;
      await wait(50);
    }
  }

  async show(id: string): Promise<Shown> {
    const { CustomKeyStores } = await this.kms.call('DescribeCustomKeyStores', { CustomKeyStoreId: id });
    return CustomKeyStores[0];
  }

  async createKey(id: string): Promise<string> {
    const { KeyMetadata } = await this.kms.call('CreateKey', {
      Origin: 'AWS_CLOUDHSM',
      CustomKeyStoreId: id,
    });
    return KeyMetadata.KeyId;
  }

  get #first(): HostedHsm {
    const first = this.#hsms.find(({ running }) => running);
    assert.ok(first);
    return first;
  }

  async #find(id: string): Promise<HsmCluster | undefined> {
    if (this.shown === undefined || id !== this.cluster.clusterId) return undefined;
    const { clusterCertificate, trustAnchor } = await this.#certificates();
    return {
      id,
      state: 'ACTIVE',
      trustAnchor,
      clusterCertificateFingerprint: certificateFingerprint(parseCertificate(clusterCertificate)),
      hsms: this.#hsms.map((hsm, i) => ({
        id: hsm.plan.hsmId,
        zone: `eu-central-1${'ab'[i]}`,
        address: hsm.address,
        serves: hsm.running,
      })),
      ...this.shown,
    };
  }

  #known: { readonly clusterCertificate: string; readonly trustAnchor: string } | undefined;
  async #certificates() {
    this.#known ??= await this.#first.describe();
    return this.#known;
  }
}
