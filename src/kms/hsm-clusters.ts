/** HSM clusters as far as custom key stores need to know them; bound in `server/`. */
import type { Place } from '../core/ids.ts';
import type { HsmAddress } from '../hsm/client/connection.ts';

export interface HsmMember {
  readonly id: string;
  /** Its availability zone. */
  readonly zone: string;
  readonly address: HsmAddress;
  /** It is ACTIVE in the words of CloudHSM and answers now. */
  readonly serves: boolean;
}

export interface HsmCluster {
  readonly id: string;
  /** In the words of CloudHSM; DEGRADED while it is active and none of its HSMs serves. */
  readonly state: string;
  /** PEM of the customer's CA; undefined before the cluster is initialized. */
  readonly trustAnchor: string | undefined;
  /** SHA-256, hexadecimal; what clusters with one backup history have in common. */
  readonly clusterCertificateFingerprint: string | undefined;
  readonly hsms: readonly HsmMember[];
}

export interface HsmClusters {
  /** Undefined when there is none in this account and Region, or it was deleted. */
  find(place: Place, id: string): Promise<HsmCluster | undefined>;
}
