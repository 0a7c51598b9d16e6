/** The one row of table `domain`: the sealed domain state and its epoch. docs/formats/domain-state.md, "Row". */
import { hash } from 'node:crypto';
import { canonicalJson } from '../../core/canonical-json.ts';
import type { Row, Store } from '../../store/contract.ts';

export const domainRow = { table: 'domain', id: 'state' } as const;

export interface SealedState {
  readonly epoch: number;
  readonly blob: Uint8Array;
}
export interface StoredState extends SealedState {
  /** Of the row. */
  readonly version: number;
}

/** What the journal says of a state. */
export const sealedHash = ({ blob }: SealedState): string => hash('sha256', blob, 'hex');

export function encodeState({ epoch, blob }: SealedState, version: number): Row {
  const content = canonicalJson({ epoch, blob: Buffer.from(blob).toString('base64') });
  // The state is sealed under the root key: it needs no MAC, and its own MAC key is inside.
  return { ...domainRow, version, content: Buffer.from(content), mac: Buffer.alloc(0) };
}

export async function readState(store: Store): Promise<StoredState | undefined> {
  const row = await store.get(domainRow.table, domainRow.id);
  return row && decodeState(row);
}

export function decodeState({ version, content }: Pick<Row, 'version' | 'content'>): StoredState {
  const { epoch, blob } = JSON.parse(Buffer.from(content).toString()) as { epoch: number; blob: string };
  return { epoch, blob: Buffer.from(blob, 'base64'), version };
}
