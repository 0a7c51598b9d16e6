/**
 * Rows of the table `last-usage`: what is derived from the journal, kept so that a start need not read all of it.
 * They carry no MAC and decide nothing: when they are lost or wrong, the journal has the truth.
 */
import type { Json, JsonObject } from '../core/json.ts';
import { type Row, type Store, StoreError } from '../store/contract.ts';
import { scanAll } from '../store/scan-all.ts';

const TABLE = 'last-usage';
const NO_MAC = new Uint8Array();
const CHUNK = 500;
const TRIES = 5;

export async function readDerived(store: Store, id: string): Promise<JsonObject | undefined> {
  const row = await store.get(TABLE, id);
  return row === undefined ? undefined : contentOf(row);
}

export async function* scanDerived(
  store: Store,
  prefix: string,
): AsyncGenerator<{ readonly id: string; readonly value: JsonObject }> {
  for await (const row of scanAll<Row>(store, TABLE, prefix))
    yield { id: row.id, value: contentOf(row) ?? {} };
}

/** Undefined for content that no derived row has: it is rebuilt like one that is lost. */
function contentOf(row: Row): JsonObject | undefined {
  try {
    const value = JSON.parse(Buffer.from(row.content).toString()) as Json;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined removes a row. In order, a part at a time: the last change is durable only when all others are. */
export type DerivedChange = readonly [id: string, value: JsonObject | undefined];

export async function writeDerived(store: Store, changes: readonly DerivedChange[]): Promise<void> {
  for (let at = 0; at < changes.length; at += CHUNK) await writeChunk(store, changes.slice(at, at + CHUNK));
}

async function writeChunk(store: Store, changes: readonly DerivedChange[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await commit(store, changes);
      return;
    } catch (error) {
      const conflict = error instanceof StoreError && error.code === 'conflict';
      if (!conflict || attempt === TRIES) throw error;
    }
  }
}

async function commit(store: Store, changes: readonly DerivedChange[]): Promise<void> {
  const rows = await Promise.all(changes.map(([id]) => store.get(TABLE, id)));
  const put: Row[] = [];
  const gone: { readonly table: typeof TABLE; readonly id: string; readonly version: number }[] = [];
  for (const [position, [id, value]] of changes.entries()) {
    const version = rows[position]?.version ?? 0;
    if (value !== undefined) {
      const content = Buffer.from(JSON.stringify(value));
      put.push({ table: TABLE, id, version: version + 1, content, mac: NO_MAC });
    } else if (version > 0) gone.push({ table: TABLE, id, version });
  }
  if (put.length > 0 || gone.length > 0) await store.commit({ put, delete: gone });
}
