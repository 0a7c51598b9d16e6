/** Receipts, checked before anything in them is shown. */

import { parseCertificate } from '../../../hsm/protocol/chain.ts';
import { HsmError } from '../../../hsm/protocol/errors.ts';
import { type ExportStatement, readReceipt, type Statement } from '../../../hsm/protocol/receipts.ts';
import { Failure } from '../../failure.ts';

export function readChecked(receipt: Buffer, anchor: string): Statement {
  try {
    return readReceipt(receipt, parseCertificate(anchor));
  } catch (error) {
    if (!(error instanceof HsmError)) throw error;
    throw new Failure(
      `The receipt does not hold: ${error.message}. Check --trust-anchor, and that the file is as the HSM gave it.`,
      undefined,
      error,
    );
  }
}

export function readExport(receipt: Buffer, anchor: string): ExportStatement {
  const statement = readChecked(receipt, anchor);
  if (statement.type === 'export') return statement;
  throw new Failure(`This is a receipt of another kind: ${statement.type}.`);
}
