/**
 * Keeps tokens under domain keys that are on their way out from entering the store: a token may be made just
 * before the domain key is rotated, and committed after the rotation has gone through the rows; retiring the old
 * key would then destroy it. Each commit of a token therefore expects the domain state to be the one in force, and
 * a token under another key is a conflict: the call runs again and makes a new one.
 */
import { domainKeyOf } from '../../engine/protocol/token-header.ts';
import { type Row, type Store, type StoreChange, StoreError } from '../../store/contract.ts';
import { domainRow } from './state-row.ts';
import { isTokenTable, type TokenRow, tokenOf } from './token-rows.ts';

export interface DomainInForce {
  /** Of the row that holds the state. */
  readonly version: number;
  /** The domain key that new tokens are under. */
  readonly currentKey: number;
}
export interface GuardedDomain {
  /** Once no change of the state is under way. Rejects when there is no state yet. */
  settled(): Promise<DomainInForce>;
  /** Reads the stored state again and loads it when it is another one. */
  refresh(): Promise<unknown>;
}

/** The store as everything but the domain state itself uses it. */
export function guardTokens(store: Store, domain: GuardedDomain): Store {
  return {
    get: (table, id) => store.get(table, id),
    scan: (table, prefix, options) => store.scan(table, prefix, options),
    count: (table, prefix) => store.count(table, prefix),
    commit: (change) => (bringsToken(change) ? commitTokens(store, domain, change) : store.commit(change)),
    changes: (position, limit) => store.changes(position, limit),
    position: () => store.position(),
    outbox: (limit) => store.outbox(limit),
    dropOutbox: (ids) => store.dropOutbox(ids),
    erase: () => store.erase(),
    backup: (path, progress) => store.backup(path, progress),
    close: () => store.close(),
  };
}

const bringsToken = ({ put = [] }: StoreChange): boolean => put.some(({ table }) => isTokenTable(table));

async function commitTokens(store: Store, domain: GuardedDomain, change: StoreChange) {
  const { version, currentKey } = await domain.settled();
  for (const row of change.put ?? []) {
    if (!isTokenTable(row.table) || domainKeyOf(tokenIn(row)) === currentKey) continue;
    if (!(await isUnchanged(store, row))) throw outdated();
  }
  try {
    return await store.commit({ ...change, expect: [...(change.expect ?? []), { ...domainRow, version }] });
  } catch (error) {
    if (error instanceof StoreError && error.code === 'conflict') await domain.refresh();
    throw error;
  }
}

/** A row that keeps the token it has: whoever re-encrypts that one meets the row's new version. */
async function isUnchanged(store: Store, row: Row): Promise<boolean> {
  const before = await store.get(row.table, row.id);
  return before?.version === row.version - 1 && tokenIn(before).equals(tokenIn(row));
}

const tokenIn = ({ content }: Pick<Row, 'content'>): Buffer =>
  tokenOf(JSON.parse(Buffer.from(content).toString()) as TokenRow);

const outdated = (): StoreError =>
  new StoreError('conflict', 'the token is under a domain key that was replaced');
