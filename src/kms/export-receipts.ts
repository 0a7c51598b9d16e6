/**
 * Receipts of keys that an HSM wrapped out under an import key: rows of table `export-receipt`,
 * `<account>/<SHA-256 of the wrapped bytes>`, written by who holds the HSM's signed receipt and has checked it. The
 * import of the same bytes finds it: then it is known where the material was before.
 */
import type { AccountId } from '../core/ids.ts';
import type { RowRef } from '../store/contract.ts';
import type { Rows } from '../store/rows-contract.ts';
import type { Holder } from './lineage.ts';

export interface ExportReceipt {
  /** SHA-256 of the public key (SPKI, DER) that the HSM wrapped under, hexadecimal. */
  readonly publicKeyHash: string;
  /** What held the key when it was wrapped out, and holds it still. */
  readonly holders: readonly Holder[];
  /** The receipt as the HSM signed it, base64. */
  readonly signed: string;
}

export const exportReceiptRow = (account: AccountId, wrappedHash: string): RowRef => ({
  table: 'export-receipt',
  id: `${account}/${wrappedHash}`,
});

/** Undefined when there is none, or it is of a wrapping under another key. */
export async function findExportReceipt(
  rows: Rows,
  account: AccountId,
  wrappedHash: string,
  publicKeyHash: string,
): Promise<ExportReceipt | undefined> {
  const { table, id } = exportReceiptRow(account, wrappedHash);
  const found = (await rows.get<ExportReceipt>(table, id))?.value;
  return found?.publicKeyHash === publicKeyHash ? found : undefined;
}
