/** An HSM cluster of the tenant's: made over the CloudHSM API, then managed over TLS that ends in the HSMs. */
import { randomBytes } from 'node:crypto';
import {
  type CloudHSMV2Client,
  type Cluster,
  CreateClusterCommand,
  CreateHsmCommand,
  DeleteHsmCommand,
  DescribeClustersCommand,
  InitializeClusterCommand,
} from '@aws-sdk/client-cloudhsm-v2';
import { shownIdentity } from '../../../src/cli/hsm/first-contact.ts';
import { HsmConnection } from '../../../src/hsm/client/connection.ts';
import { userRoles } from '../../../src/hsm/protocol/values.ts';
import { until } from '../poll.ts';
import type { CustomerCa } from './customer-ca.ts';
import type { Secret } from './tenant.ts';

const ZONES = ['us-east-1a', 'us-east-1b'] as const;
const SUBNETS = ['subnet-0a1b2c3d', 'subnet-4e5f6071'];
const PORT = 2223;
const ADMIN = 'admin';

export const newPassword = (): string => randomBytes(18).toString('base64url');

export class TenantCluster {
  readonly id: string;
  /** Only the tenant has these. */
  unlockCode = '';
  readonly adminPassword = newPassword();
  /** Another one after a restart of the server on another port. */
  client: CloudHSMV2Client;
  readonly #ca: CustomerCa;

  private constructor(id: string, client: CloudHSMV2Client, ca: CustomerCa) {
    this.id = id;
    this.client = client;
    this.#ca = ca;
  }

  /** Active, in attended mode, with one HSM. */
  static async make(client: CloudHSMV2Client, ca: CustomerCa): Promise<TenantCluster> {
    const input = { HsmType: 'hsm2m.medium', Mode: 'NON_FIPS', SubnetIds: SUBNETS } as const;
    const { Cluster: made } = await client.send(new CreateClusterCommand(input));
    const cluster = new TenantCluster(made?.ClusterId ?? '', client, ca);
    await cluster.reaches('UNINITIALIZED', ({ State }) => State === 'UNINITIALIZED');
    await cluster.#createHsm(ZONES[0]);
    const { Certificates } = await cluster.reaches(
      'a signing request',
      (seen) => seen.Certificates?.ClusterCsr !== undefined && seen.Hsms?.[0]?.State === 'ACTIVE',
    );
    const certificates = {
      SignedCert: ca.sign(Certificates?.ClusterCsr ?? ''),
      TrustAnchor: ca.certificate,
    };
    await client.send(new InitializeClusterCommand({ ClusterId: cluster.id, ...certificates }));
    await cluster.reaches('INITIALIZED', ({ State }) => State === 'INITIALIZED');
    await cluster.#activate();
    return cluster;
  }

  async #activate(): Promise<void> {
    const credentials = { user: ADMIN, password: this.adminPassword };
    ({ unlockCode: this.unlockCode } = await this.#with((connection) =>
      connection.call('activate', credentials),
    ));
    await this.reaches('ACTIVE', ({ State }) => State === 'ACTIVE');
  }

  /** A second HSM in another zone, which the administrator approves by its identity. */
  async addHsm(): Promise<void> {
    const hsmId = await this.#createHsm(ZONES[1]);
    const { Hsms = [] } = await this.reaches('an HSM that wants to be approved', (seen) =>
      seen.Hsms?.some((hsm) => hsm.HsmId === hsmId && /approve/.test(hsm.StateMessage ?? '')),
    );
    const host = Hsms.find((hsm) => hsm.HsmId === hsmId)?.EniIp ?? '';
    const identity = await shownIdentity({ host, port: PORT });
    await this.asAdmin((admin) => admin.call('approveMember', { hsmId, identity }));
    await this.reaches('two HSMs', (seen) => seen.Hsms?.every(({ State }) => State === 'ACTIVE'));
  }

  async createUser(user: string, password: string): Promise<void> {
    const role = userRoles.indexOf('crypto-user');
    await this.asAdmin((admin) => admin.call('createUser', { user, role, password }));
  }

  asAdmin = <T>(work: (admin: HsmConnection) => Promise<T>): Promise<T> =>
    this.asUser(ADMIN, this.adminPassword, work);

  asUser<T>(user: string, password: string, work: (hsm: HsmConnection) => Promise<T>): Promise<T> {
    return this.#with(async (connection) => {
      await connection.call('login', { user, password, alone: false });
      return work(connection);
    });
  }

  get secrets(): readonly Secret[] {
    return [
      { name: `the unlock code of ${this.id}`, bytes: Buffer.from(this.unlockCode) },
      { name: `the administrator’s password of ${this.id}`, bytes: Buffer.from(this.adminPassword) },
    ];
  }

  async deleteHsms(): Promise<void> {
    for (const { HsmId = '' } of (await this.describe()).Hsms ?? [])
      await this.client.send(new DeleteHsmCommand({ ClusterId: this.id, HsmId }));
    await this.reaches('no HSM', ({ Hsms = [] }) => Hsms.length === 0);
  }

  async describe(): Promise<Cluster> {
    const command = new DescribeClustersCommand({ Filters: { clusterIds: [this.id] } });
    return (await this.client.send(command)).Clusters?.[0] ?? {};
  }

  async reaches(what: string, is: (cluster: Cluster) => boolean | undefined): Promise<Cluster> {
    return until(`${what} of cluster ${this.id}`, async () => {
      const seen = await this.describe();
      return is(seen) ? seen : undefined;
    });
  }

  async #createHsm(zone: string): Promise<string> {
    const command = new CreateHsmCommand({ ClusterId: this.id, AvailabilityZone: zone });
    return (await this.client.send(command)).Hsm?.HsmId ?? '';
  }

  async #with<T>(work: (hsm: HsmConnection) => Promise<T>): Promise<T> {
    const { Hsms = [] } = await this.describe();
    const address = { host: Hsms[0]?.EniIp ?? '', port: PORT };
    const trust = { anchor: this.#ca.certificate, clusterId: this.id, allowLocked: false };
    const connection = await HsmConnection.connect({ address, trust });
    try {
      return await work(connection);
    } finally {
      connection.close();
    }
  }
}
