/** A running server with HSM clusters, worked with as a user does: the AWS SDK for the API, a CA, and TLS to the HSMs. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import {
  type Backup,
  CloudHSMV2Client,
  type Cluster,
  CreateClusterCommand,
  type CreateClusterCommandInput,
  CreateHsmCommand,
  DeleteHsmCommand,
  DescribeBackupsCommand,
  DescribeClustersCommand,
  type Hsm,
  InitializeClusterCommand,
} from '@aws-sdk/client-cloudhsm-v2';
import { HsmConnection } from '../../src/hsm/client/connection.ts';
import { identityFingerprint } from '../../src/hsm/protocol/chain.ts';
import type { HsmErrorCode } from '../../src/hsm/protocol/errors.ts';
import { type Reachable, readCredentials } from '../clients/environment.ts';
import { type CustomerCa, makeCustomerCa } from './customer-ca.ts';

export const ADMIN = { user: 'admin', password: 'admin-password' };
export const SUBNETS = ['subnet-0a1b2c3d', 'subnet-4e5f6071'];
export const ZONES = ['us-east-1a', 'us-east-1b'] as const;
export const HSM_PORT = 2223;
const PATIENCE_MS = 20_000;

export const cloudHsmClient = (server: Reachable): CloudHSMV2Client =>
  new CloudHSMV2Client({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: readCredentials(server.credentialsFile),
  });

/** Looks again and again until there is an answer. */
export async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > deadline) return assert.fail(`waited in vain for ${what}`);
    await sleep(50);
  }
}

/** What is given to CreateCluster beside its defaults here. */
type More = { readonly [K in keyof CreateClusterCommandInput]?: CreateClusterCommandInput[K] | undefined };

export class HsmUser {
  readonly ca: CustomerCa = makeCustomerCa();
  /** Again after a restart of the server on another port. */
  client: CloudHSMV2Client;
  unlockCode = '';
  readonly #connections: HsmConnection[] = [];

  constructor(server: Reachable) {
    this.client = cloudHsmClient(server);
  }

  async create(more: More = {}): Promise<string> {
    const input = { HsmType: 'hsm1.medium', SubnetIds: SUBNETS, ...more } as CreateClusterCommandInput;
    const { Cluster: made } = await this.client.send(new CreateClusterCommand(input));
    const id = made?.ClusterId ?? '';
    assert.equal(made?.State, 'CREATE_IN_PROGRESS');
    const state = more.SourceBackupId === undefined ? 'UNINITIALIZED' : 'ACTIVE';
    await this.reaches(id, ({ State }) => State === state);
    return id;
  }

  async cluster(id: string): Promise<Cluster | undefined> {
    const command = new DescribeClustersCommand({ Filters: { clusterIds: [id] } });
    return (await this.client.send(command)).Clusters?.[0];
  }

  async reaches(id: string, is: (cluster: Cluster) => unknown): Promise<Cluster> {
    let last: Cluster | undefined;
    return until(`${is}`, async () => {
      last = await this.cluster(id);
      return last !== undefined && is(last) ? last : undefined;
    }).catch((error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify(last)}`);
    });
  }

  async hsm(clusterId: string, hsmId: string): Promise<Hsm | undefined> {
    return (await this.cluster(clusterId))?.Hsms?.find(({ HsmId }) => HsmId === hsmId);
  }

  hsmReaches(clusterId: string, hsmId: string, state: string, message?: RegExp): Promise<Hsm> {
    return this.reaches(clusterId, ({ Hsms = [] }) =>
      Hsms.some(
        ({ HsmId, State, StateMessage = '' }) =>
          HsmId === hsmId && State === state && (message?.test(StateMessage) ?? true),
      ),
    ).then(({ Hsms = [] }) => Hsms.find(({ HsmId }) => HsmId === hsmId) as Hsm);
  }

  /** Asks for it; its state may be any. */
  async createHsm(clusterId: string, zone: string = ZONES[0]): Promise<string> {
    const command = new CreateHsmCommand({ ClusterId: clusterId, AvailabilityZone: zone });
    return (await this.client.send(command)).Hsm?.HsmId ?? '';
  }

  async deleteHsm(clusterId: string, hsmId: string): Promise<void> {
    await this.client.send(new DeleteHsmCommand({ ClusterId: clusterId, HsmId: hsmId }));
    await this.reaches(clusterId, ({ Hsms = [] }) => Hsms.every(({ HsmId }) => HsmId !== hsmId));
  }

  /** With one HSM, waiting for its certificate. */
  async withCsr(more: More = {}) {
    const id = await this.create(more);
    const hsm = await this.createHsm(id);
    const cluster = await this.reaches(
      id,
      ({ Certificates, Hsms }) => Certificates?.ClusterCsr !== undefined && Hsms?.[0]?.State === 'ACTIVE',
    );
    return { id, hsm, csr: cluster.Certificates?.ClusterCsr ?? '' };
  }

  async initialized(more: More = {}) {
    const { id, hsm, csr } = await this.withCsr(more);
    const certificates = { SignedCert: this.ca.sign(csr), TrustAnchor: this.ca.certificate };
    await this.client.send(new InitializeClusterCommand({ ClusterId: id, ...certificates }));
    await this.reaches(id, ({ State }) => State === 'INITIALIZED');
    return { id, hsm };
  }

  /** Activated by ADMIN; the unlock code is kept here. */
  async active(more: More = {}) {
    const made = await this.initialized(more);
    const connection = await this.connect(made.id, made.hsm);
    ({ unlockCode: this.unlockCode } = await connection.call('activate', ADMIN));
    connection.close();
    await this.reaches(made.id, ({ State }) => State === 'ACTIVE');
    return made;
  }

  /** As who holds the CA alone: over TCP to the address that DescribeClusters shows. */
  async connect(clusterId: string, hsmId: string, allowLocked = false): Promise<HsmConnection> {
    const host = (await this.hsm(clusterId, hsmId))?.EniIp ?? '';
    const trust = { anchor: this.ca.certificate, clusterId, allowLocked };
    const connection = await HsmConnection.connect({ address: { host, port: HSM_PORT }, trust });
    this.#connections.push(connection);
    return connection;
  }

  async login(clusterId: string, hsmId: string, who = ADMIN): Promise<HsmConnection> {
    const connection = await this.connect(clusterId, hsmId);
    await connection.call('login', { ...who, alone: false });
    return connection;
  }

  async unlock(clusterId: string, hsmId: string): Promise<void> {
    const connection = await this.connect(clusterId, hsmId, true);
    await connection.call('unlock', { code: this.unlockCode });
    connection.close();
  }

  /** Adds an HSM as an administrator does: approves the identity that the joining one shows. */
  async join(clusterId: string, member: string, zone: string = ZONES[1]): Promise<string> {
    const joining = await this.createHsm(clusterId, zone);
    const { EniIp: host = '' } = await this.hsmReaches(clusterId, joining, 'CREATE_IN_PROGRESS', /approves/);
    const identity = await identityAt(host);
    const admin = await this.login(clusterId, member);
    await admin.call('approveMember', { hsmId: joining, identity });
    admin.close();
    await this.hsmReaches(clusterId, joining, 'ACTIVE');
    return joining;
  }

  async backups(clusterId: string): Promise<readonly Backup[]> {
    const command = new DescribeBackupsCommand({ Filters: { clusterIds: [clusterId] } });
    return (await this.client.send(command)).Backups ?? [];
  }

  readyBackups(clusterId: string, count: number): Promise<readonly Backup[]> {
    return until(`${count} backups`, async () => {
      const found = (await this.backups(clusterId)).filter(({ BackupState }) => BackupState === 'READY');
      return found.length >= count ? found : undefined;
    });
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
    this.client.destroy();
    this.ca.remove();
  }
}

/** The HSM's public key, as whoever stands beside it sees it. */
async function identityAt(host: string): Promise<Uint8Array> {
  const socket = connect({
    host,
    port: HSM_PORT,
    rejectUnauthorized: false,
    ALPNProtocols: ['lockholm-hsm/1'],
  });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  const key = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' });
  socket.destroy();
  return key ?? Buffer.alloc(0);
}

/** Where there is no certificate to trust yet, somebody compares the identity. */
export async function connectByIdentity(host: string): Promise<HsmConnection> {
  const identity = identityFingerprint(await identityAt(host));
  return HsmConnection.connect({ address: { host, port: HSM_PORT }, trust: { identity } });
}

export const refusedWith = (code: HsmErrorCode) => (error: unknown) =>
  (error as { code?: string }).code === code;
