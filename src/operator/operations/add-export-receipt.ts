import { X509Certificate } from 'node:crypto';
import type { ClusterRecord } from '../../cloudhsm/cluster.ts';
import type { Clusters } from '../../cloudhsm/clusters.ts';
import type { Operation } from '../../core/call.ts';
import { ServiceError } from '../../core/errors.ts';
import { type AccountId, must, parseAccountId } from '../../core/ids.ts';
import { parseCertificate } from '../../hsm/protocol/chain.ts';
import { HsmError } from '../../hsm/protocol/errors.ts';
import { decodeReceipt, type ExportStatement, readReceipt } from '../../hsm/protocol/receipts.ts';
import { getAccount } from '../../identity/accounts.ts';
import { type ExportReceipt, recordExportReceipt } from '../../kms/export-receipts.ts';
import type { Rows } from '../../store/rows-contract.ts';
import { accountId, isoTime, operatorOperation, structure, text } from '../operation.ts';
import { noSuchAccount } from './not-found.ts';

interface Input {
  /** As the HSM signed it. */
  readonly Receipt: Uint8Array;
  /** Whose import shall find it; absent: that of the cluster. */
  readonly AccountId?: string;
}
export interface AddedReceipt {
  readonly AccountId: string;
  readonly ClusterId: string;
  readonly HsmId: string;
  readonly User: string;
  readonly Time: string;
  readonly Lineage: string;
  readonly Mechanism: string;
  /** SHA-256, hexadecimal. */
  readonly Wrapped: string;
  /** SHA-256 of the public key (SPKI, DER), hexadecimal. */
  readonly WrappingKey: string;
}
export interface ReceiptParts {
  readonly rows: Rows;
  readonly clusters: Pick<Clusters, 'everywhere'>;
}

/** The longest has two certificates and a statement. */
const MAX_RECEIPT = 64 * 1024;

/**
 * Puts on record that an HSM of this server wrapped a key out: the import of the same bytes then knows where the material
 * was before. No receipt makes more of a material than what the HSM itself signed.
 */
export const addExportReceipt = ({ rows, clusters }: ReceiptParts): Operation =>
  operatorOperation<Input, AddedReceipt>({
    name: 'AddExportReceipt',
    input: structure({ Receipt: { type: 'blob', min: 1, max: MAX_RECEIPT }, AccountId: accountId }, [
      'AccountId',
    ]),
    output: structure({
      AccountId: accountId,
      ClusterId: text,
      HsmId: text,
      User: text,
      Time: text,
      Lineage: text,
      Mechanism: text,
      Wrapped: text,
      WrappingKey: text,
    }),
    readOnly: false,
    audit: ['AccountId'],
    async run(input, call) {
      const { statement, cluster } = await checked(input.Receipt, clusters);
      const wrappingKey = requireUseful(statement);
      const account = await accountOf(input, cluster, rows);
      const added: AddedReceipt = {
        AccountId: account,
        ClusterId: statement.clusterId,
        HsmId: statement.hsmId,
        User: statement.user,
        Time: isoTime(statement.time),
        Lineage: statement.lineage,
        Mechanism: statement.mechanism,
        Wrapped: statement.wrapped,
        WrappingKey: wrappingKey,
      };
      call.record.responseElements = {
        accountId: account,
        clusterId: statement.clusterId,
        lineage: statement.lineage,
        wrappedKeyMaterialSha256: statement.wrapped,
        wrappingKeySha256: wrappingKey,
      };
      const receipt = receiptOf(statement, wrappingKey, input.Receipt);
      await call.commit(await recordExportReceipt(rows, account, statement.wrapped, receipt));
      return added;
    },
  });

const invalid = (message: string): ServiceError => new ServiceError('InvalidReceiptException', message);

interface Checked {
  readonly statement: ExportStatement;
  readonly cluster: ClusterRecord;
}

/**
 * Signed by an HSM of a cluster of this server. The trust anchor alone would not do: whoever has the customer's CA can
 * certify other cluster keys than the one that never left the HSMs.
 */
async function checked(encoded: Uint8Array, clusters: ReceiptParts['clusters']): Promise<Checked> {
  try {
    const cluster = await clusterOf(encoded, clusters);
    const { trustAnchor, clusterCertificate } = certificatesOf(cluster);
    const shown = parseCertificate(decodeReceipt(encoded).clusterCertificate);
    if (!shown.raw.equals(new X509Certificate(clusterCertificate).raw))
      throw invalid(`The receipt is under another certificate than that of the cluster ${cluster.id}.`);
    const statement = readReceipt(encoded, parseCertificate(trustAnchor));
    if (statement.type !== 'export')
      throw invalid(
        `This receipt is of another kind (${statement.type}): only keys that left are handed in.`,
      );
    return { statement, cluster };
  } catch (error) {
    throw error instanceof HsmError ? invalid(`The receipt does not hold: ${error.message}.`) : error;
  }
}

/** As the receipt says before it is checked. Clusters that are deleted stay on record. */
async function clusterOf(encoded: Uint8Array, clusters: ReceiptParts['clusters']): Promise<ClusterRecord> {
  const claimed = claimedCluster(decodeReceipt(encoded).statement);
  for await (const { value } of clusters.everywhere()) if (value.id === claimed) return value;
  throw invalid('The receipt is of a cluster that this server does not have.');
}

function claimedCluster(statement: string): unknown {
  try {
    return (JSON.parse(statement) as { readonly clusterId?: unknown } | null)?.clusterId;
  } catch {
    return undefined;
  }
}

function certificatesOf({ id, initialization }: ClusterRecord) {
  if (initialization !== undefined) return initialization;
  throw invalid(`The cluster ${id} was never initialized: it has signed nothing.`);
}

/** The hash of the key that it was wrapped under. */
function requireUseful({ origin, wrappingKey, mechanism }: ExportStatement): string {
  if (origin !== 'generated')
    throw invalid(
      `The key was ${origin}: it was elsewhere before it was in the HSMs, so where it comes from is not known, ` +
        'and an import of it counts as from outside without a receipt.',
    );
  if (wrappingKey === undefined)
    throw invalid(
      `By ${mechanism} it was wrapped under a key of the HSMs: nothing can be imported that way.`,
    );
  return wrappingKey;
}

async function accountOf({ AccountId }: Input, cluster: ClusterRecord, rows: Rows): Promise<AccountId> {
  if (AccountId === undefined) return cluster.account;
  const account = must(parseAccountId(AccountId), 'account id');
  if ((await getAccount(rows, account)) === undefined) throw noSuchAccount(AccountId);
  return account;
}

const receiptOf = (
  { clusterId, hsmId, lineage, time }: ExportStatement,
  publicKeyHash: string,
  signed: Uint8Array,
): ExportReceipt => ({
  publicKeyHash,
  holders: [{ place: `hsm:${clusterId}`, under: 'hsm-key' }],
  signed: Buffer.from(signed).toString('base64'),
  from: { clusterId, hsmId, lineage, time },
});
