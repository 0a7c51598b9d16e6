/**
 * Goes through the rows that hold tokens, page by page, and has the engine re-encrypt each token that is under an
 * older domain key. Rows are written only at the version that was read, so that nothing that happens to a key
 * meanwhile is lost; a row that comes in behind the cursor has a token under the current key (token-guard.ts).
 */
import { encodeBinding } from '../../engine/protocol/binding.ts';
import { type Engine, EngineError, type EngineErrorCode } from '../../engine/protocol/messages.ts';
import { domainKeyOf } from '../../engine/protocol/token-header.ts';
import { StoreError } from '../../store/contract.ts';
import type { Rows, Stored } from '../../store/rows-contract.ts';
import { bindingOf, type TokenRow, type TokenTable, tokenOf, tokenTables } from './token-rows.ts';

export interface RewrapCursor {
  readonly table: TokenTable;
  /** Rows up to this id are done. */
  readonly after: string;
  readonly seen: number;
  readonly rewrapped: number;
}
export const firstCursor: RewrapCursor = { table: tokenTables[0], after: '', seen: 0, rewrapped: 0 };

export interface RewrapParts {
  readonly rows: Rows;
  readonly engine: Engine;
  /** The current domain key. */
  readonly target: number;
}

const PAGE = 100;
const MAX_TRIES = 50;

/** One page further; undefined when no row is left. */
export async function rewrapPage(
  cursor: RewrapCursor,
  parts: RewrapParts,
): Promise<RewrapCursor | undefined> {
  let limit = PAGE;
  for (let tries = 1; ; tries++) {
    const page = await parts.rows.scan<TokenRow>(cursor.table, '', {
      limit,
      ...(cursor.after === '' ? {} : { after: cursor.after }),
    });
    const last = page.at(-1);
    if (last === undefined) return nextTable(cursor);
    try {
      const rewrapped = await rewrapRows(cursor.table, page, parts);
      return {
        table: cursor.table,
        after: last.id,
        seen: cursor.seen + page.length,
        rewrapped: cursor.rewrapped + rewrapped,
      };
    } catch (error) {
      if (!isOfOneRow(error) || (limit === 1 && !isConflict(error)) || tries === MAX_TRIES) throw error;
      // One row of the page was changed meanwhile, or is damaged: smaller pages get past it, or name it.
      limit = Math.ceil(limit / 2);
    }
  }
}

function nextTable(cursor: RewrapCursor): RewrapCursor | undefined {
  const table = tokenTables[tokenTables.indexOf(cursor.table) + 1];
  return table && { ...cursor, table, after: '' };
}

async function rewrapRows(
  table: TokenTable,
  page: readonly Stored<TokenRow>[],
  { rows, engine, target }: RewrapParts,
): Promise<number> {
  const old = page.filter(({ value }) => domainKeyOf(tokenOf(value)) !== target);
  if (old.length === 0) return 0;
  const tokens = await Promise.all(
    old.map(async (row) => ({ binding: await encodedBinding(table, row, rows), token: tokenOf(row.value) })),
  );
  const fresh = await rewrapTokens(table, old, engine, tokens);
  const put = old.map(({ id, version, value }, i) => {
    const token = Buffer.from(fresh[i] ?? missing(table, id)).toString('base64');
    return { table, id, version: version + 1, value: { ...value, token } };
  });
  await rows.commit({ put });
  return put.length;
}

const refusals: Partial<Readonly<Record<EngineErrorCode, string>>> = {
  'wrong-token': 'is damaged or bound to something else',
  'unknown-domain-key': 'is under a domain key that the domain state does not have',
};

async function rewrapTokens(
  table: TokenTable,
  old: readonly Stored<TokenRow>[],
  engine: Engine,
  tokens: readonly { readonly binding: Uint8Array; readonly token: Uint8Array }[],
): Promise<readonly Uint8Array[]> {
  try {
    return (await engine.call('rewrapTokens', { tokens })).tokens;
  } catch (error) {
    const why = error instanceof EngineError ? refusals[error.code] : undefined;
    // Of a page of one row, which is what the search for the damage ends with.
    if (why !== undefined) throw new TokenError(`the token of row ${table} ${old[0]?.id} ${why}`, error);
    throw error;
  }
}

async function encodedBinding(table: TokenTable, row: Stored<TokenRow>, rows: Rows): Promise<Uint8Array> {
  const binding = await bindingOf[table](row, rows);
  if (binding === undefined) throw new TokenError(`row ${table} ${row.id} is of no key that there is`);
  return encodeBinding(binding);
}

/** A token that cannot be re-encrypted. The domain key that it is under stays until somebody looks into it. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
  readonly code = 'TokenError';
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

const isConflict = (error: unknown): boolean => error instanceof StoreError && error.code === 'conflict';
const isOfOneRow = (error: unknown): boolean => error instanceof TokenError || isConflict(error);

function missing(table: TokenTable, id: string): never {
  throw new Error(`the engine gave no token for row ${table} ${id}`);
}
