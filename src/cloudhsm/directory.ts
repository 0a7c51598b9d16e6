/** Clusters as their clients within Lockholm need them: custom key stores, commands, the custody report. */
import type { Place } from '../core/ids.ts';
import type { Cluster } from '../core/shapes/cloudhsmv2.ts';
import type { HsmAddress } from '../hsm/client/connection.ts';
import { certificateFingerprint, identityFingerprint, parseCertificate } from '../hsm/protocol/chain.ts';
import type { HsmState, Mode } from '../hsm/protocol/values.ts';
import type { CloudHsm } from './cloudhsm.ts';
import { clusterState, serves } from './cluster/describe.ts';
import type { ClusterRecord, HsmRecord } from './cluster.ts';

export interface HsmEntry {
  readonly id: string;
  readonly zone: string;
  /** Plain TCP; TLS is ended in the HSM (hsm/client/connection.ts). */
  readonly address: HsmAddress;
  /** Undefined while it is not known. */
  readonly state: HsmState | undefined;
  /** It is ACTIVE in the API's words and answers now. */
  readonly serves: boolean;
  /** SHA-256 of its public key, hexadecimal; empty while it is not known. */
  readonly identity: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
}

export interface ClusterEntry extends Place {
  readonly id: string;
  readonly state: NonNullable<Cluster['State']>;
  readonly start: Mode;
  /** PEM of the customer's CA; undefined before the cluster is initialized. */
  readonly trustAnchor: string | undefined;
  /** PEM, and SHA-256 of the certificate: what clusters of one backup lineage have in common. */
  readonly clusterCertificate: string | undefined;
  readonly clusterCertificateFingerprint: string | undefined;
  /** The cluster that the first of the lineage was. */
  readonly family: string;
  readonly hsms: readonly HsmEntry[];
}

export class ClusterDirectory {
  readonly #parts: CloudHsm;
  constructor(parts: CloudHsm) {
    this.#parts = parts;
  }

  /** Undefined when there is none in this account and Region, or it was deleted. */
  async find(place: Place, id: string): Promise<ClusterEntry | undefined> {
    const found = await this.#parts.clusters.get(place, id);
    return found === undefined || found.value.state === 'DELETED' ? undefined : this.#entry(found.value);
  }

  async all(place: Place): Promise<readonly ClusterEntry[]> {
    const found = (await this.#parts.clusters.all(place)).map(({ value }) => value);
    return found.filter(({ state }) => state !== 'DELETED').map((cluster) => this.#entry(cluster));
  }

  /** Where the HSMs are of which custody reports and commands know the id alone. */
  async everywhere(): Promise<readonly ClusterEntry[]> {
    const found = await Array.fromAsync(this.#parts.clusters.everywhere());
    return found.filter(({ value }) => value.state !== 'DELETED').map(({ value }) => this.#entry(value));
  }

  #entry(cluster: ClusterRecord): ClusterEntry {
    const { account, region, id, start, family, hsms } = cluster;
    const initialized = cluster.state !== 'INITIALIZE_IN_PROGRESS' ? cluster.initialization : undefined;
    const certificate = initialized?.clusterCertificate;
    return {
      account,
      region,
      id,
      state: clusterState(cluster, this.#parts.host).State,
      start,
      trustAnchor: initialized?.trustAnchor,
      clusterCertificate: certificate,
      clusterCertificateFingerprint: certificate && certificateFingerprint(parseCertificate(certificate)),
      family,
      hsms: hsms.map((hsm) => this.#hsm(hsm)),
    };
  }

  #hsm(hsm: HsmRecord): HsmEntry {
    const { host, network } = this.#parts;
    const identity = host.status(hsm.id)?.identity ?? Buffer.alloc(0);
    return {
      id: hsm.id,
      zone: hsm.zone,
      address: { host: hsm.address, port: network.port },
      state: host.state(hsm.id),
      serves: serves(hsm, host),
      identity: identity.length === 0 ? '' : identityFingerprint(identity),
      created: hsm.created,
    };
  }
}
