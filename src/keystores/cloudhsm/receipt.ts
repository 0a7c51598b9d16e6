/** Receipts of the HSMs of a store: under its cluster's certificate, not under any that the customer's CA signed. */
import { certificateFingerprint, parseCertificate, untrusted } from '../../hsm/protocol/chain.ts';
import { decodeReceipt, readReceipt, type Statement } from '../../hsm/protocol/receipts.ts';
import type { Trusted } from './login.ts';

/** Throws HsmError `untrusted`. */
export function readStoreReceipt(
  receipt: Uint8Array,
  { clusterId, clusterCertificate, trustAnchor }: Trusted,
): Statement {
  const shown = parseCertificate(decodeReceipt(receipt).clusterCertificate);
  if (certificateFingerprint(shown) !== clusterCertificate)
    throw untrusted("the receipt is under another certificate than the cluster's");
  const said = readReceipt(receipt, parseCertificate(trustAnchor));
  if (said.clusterId !== clusterId) throw untrusted(`the receipt is of cluster ${said.clusterId}`);
  return said;
}
