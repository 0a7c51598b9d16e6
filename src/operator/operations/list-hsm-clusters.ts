import type { ClusterDirectory, ClusterEntry } from '../../cloudhsm/directory.ts';
import type { Operation } from '../../core/call.ts';
import { count, listOf, operatorOperation, structure, text } from '../operation.ts';

export interface HsmClusters {
  readonly Clusters: readonly {
    readonly ClusterId: string;
    readonly AccountId: string;
    readonly Region: string;
    readonly State: string;
    readonly Start: string;
    /** SHA-256 of the certificate, hexadecimal; absent before the cluster is initialized. */
    readonly ClusterCertificate?: string;
    readonly Hsms: readonly {
      readonly HsmId: string;
      readonly Address: string;
      readonly Port: number;
      /** As the HSM says; absent while it is not known. */
      readonly State?: string;
      /** SHA-256 of its public key, hexadecimal; absent while it is not known. */
      readonly Identity?: string;
    }[];
  }[];
}

const hsm = structure({ HsmId: text, Address: text, Port: count, State: text, Identity: text }, [
  'State',
  'Identity',
]);
const cluster = structure(
  {
    ClusterId: text,
    AccountId: text,
    Region: text,
    State: text,
    Start: text,
    ClusterCertificate: text,
    Hsms: listOf(hsm),
  },
  ['ClusterCertificate'],
);

/** Where the HSMs of all accounts listen. None of it lets anybody in. */
export const listHsmClusters = (clusters: Pick<ClusterDirectory, 'everywhere'>): Operation =>
  operatorOperation<object, HsmClusters>({
    name: 'ListHsmClusters',
    input: structure({}),
    output: structure({ Clusters: listOf(cluster) }),
    readOnly: true,
    audit: [],
    async run() {
      return { Clusters: (await clusters.everywhere()).map(shown) };
    },
  });

const shown = ({
  id,
  account,
  region,
  state,
  start,
  clusterCertificateFingerprint: fingerprint,
  hsms,
}: ClusterEntry) => ({
  ClusterId: id,
  AccountId: account,
  Region: region,
  State: state,
  Start: start,
  ...(fingerprint !== undefined && { ClusterCertificate: fingerprint }),
  Hsms: hsms.map((each) => ({
    HsmId: each.id,
    Address: each.address.host,
    Port: each.address.port,
    ...(each.state !== undefined && { State: each.state }),
    ...(each.identity !== '' && { Identity: each.identity }),
  })),
});
