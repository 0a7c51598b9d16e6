/**
 * Row authentication (docs/formats/row-mac.md): u8 format version 1, then HMAC-SHA-256 under the row key of
 * that version byte, u32 length and table, u32 length and id, u64 version, u32 length and content.
 */
import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';

export interface RowFacts {
  readonly table: string;
  readonly id: string;
  readonly version: number;
  readonly content: Uint8Array;
}

const FORMAT = 1;

export function rowMac(rowKey: KeyObject, row: RowFacts): Buffer {
  const [table, id] = [Buffer.from(row.table), Buffer.from(row.id)];
  const head = Buffer.allocUnsafe(1 + 4 + table.length + 4 + id.length + 8 + 4);
  head[0] = FORMAT;
  let at = head.writeUInt32BE(table.length, 1);
  at += table.copy(head, at);
  at = head.writeUInt32BE(id.length, at);
  at += id.copy(head, at);
  at = head.writeBigUInt64BE(BigInt(row.version), at);
  head.writeUInt32BE(row.content.length, at);
  const mac = createHmac('sha256', rowKey).update(head).update(row.content).digest();
  return Buffer.concat([Buffer.of(FORMAT), mac]);
}

export function rowIsAuthentic(rowKey: KeyObject, row: RowFacts, mac: Uint8Array): boolean {
  const expected = rowMac(rowKey, row);
  return mac.length === expected.length && timingSafeEqual(expected, mac);
}
