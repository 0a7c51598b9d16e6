/**
 * Receipts of keys that an HSM wrapped out under an import key: rows of table `export-receipt`,
 * `<account>/<SHA-256 of the wrapped bytes>`, written by who holds the HSM's signed receipt and has checked it. The
 * import of the same bytes finds it: then it is known where the material was before. Rows of table `lineage`,
 * `<account>/hsm/<lineage>/<time>-<SHA-256 of the wrapped bytes>`, list what left of each material: no Region is named so.
 */
import type { AccountId } from '../core/ids.ts';
import type { RowRef } from '../store/contract.ts';
import type { Rows, RowsChange, Stored } from '../store/rows-contract.ts';
import { scanAll } from '../store/scan-all.ts';
import type { Holder, WrappedOut } from './lineage.ts';

export interface ExportReceipt {
  /** SHA-256 of the public key (SPKI, DER) that the HSM wrapped under, hexadecimal. */
  readonly publicKeyHash: string;
  /** What held the key when it was wrapped out, and holds it still. */
  readonly holders: readonly Holder[];
  /** The receipt as the HSM signed it, base64. */
  readonly signed: string;
  readonly from: WrappedOut;
}

/** One time that a material left an HSM. */
export interface Export extends WrappedOut {
  /** SHA-256 of the wrapped bytes, hexadecimal. */
  readonly wrappedHash: string;
  readonly publicKeyHash: string;
}

export const exportReceiptRow = (account: AccountId, wrappedHash: string): RowRef => ({
  table: 'export-receipt',
  id: `${account}/${wrappedHash}`,
});

const exportsPrefix = (account: AccountId, lineage: string): string => `${account}/hsm/${lineage}/`;

/**
 * The rows of a receipt whose signature was checked (hsm/protocol/receipts.ts, `readReceipt`), for the caller to commit;
 * nothing when it is on record already.
 */
export async function recordExportReceipt(
  rows: Rows,
  account: AccountId,
  wrappedHash: string,
  receipt: ExportReceipt,
): Promise<RowsChange> {
  const row = exportReceiptRow(account, wrappedHash);
  if ((await rows.get(row.table, row.id)) !== undefined) return {};
  const { from, publicKeyHash } = receipt;
  const time = String(from.time).padStart(15, '0');
  const id = `${exportsPrefix(account, from.lineage)}${time}-${wrappedHash}`;
  const left: Export = { ...from, wrappedHash, publicKeyHash };
  return {
    put: [
      { ...row, version: 1, value: receipt },
      { table: 'lineage', id, version: 1, value: left },
    ],
  };
}

/** Every time that a material is known to have left its HSMs, oldest first. */
export const exportsOf = (rows: Rows, account: AccountId, lineage: string): Promise<readonly Export[]> =>
  Array.fromAsync(
    scanAll<Stored<Export>>(rows, 'lineage', exportsPrefix(account, lineage)),
    ({ value }) => value,
  );

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
