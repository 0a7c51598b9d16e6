/** Accounts: rows of the table `account`, by their id. Each begins with one root access key. */
import { randomInt } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { type AccountId, must, parseAccountId } from '../core/ids.ts';
import type { Engine } from '../engine/protocol/messages.ts';
import type { Rows, RowsChange, Stored } from '../store/rows-contract.ts';
import { scanAll } from '../store/scan-all.ts';
import { type NewAccessKey, newRootAccessKey } from './access-keys.ts';

export interface Account {
  readonly id: AccountId;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
}

/** The account of a server's first start. */
export const FIRST_ACCOUNT = must(parseAccountId('000000000000'), 'account');

const IDS = 10 ** 12;

export const newAccountId = (): AccountId =>
  must(parseAccountId(String(randomInt(1, IDS)).padStart(12, '0')), 'account');

export interface NewAccount {
  readonly account: Account;
  readonly accessKey: NewAccessKey;
  /** Creates both rows; conflicts when the account exists. */
  readonly change: RowsChange;
}

/** The rows of a new account and of its root access key, for the caller to commit. */
export async function newAccount(
  engine: Engine,
  clock: Clock,
  id: AccountId,
  name: string,
): Promise<NewAccount> {
  const account: Account = { id, name, created: clock.now() };
  const accessKey = await newRootAccessKey(engine, clock, id);
  const row = { table: 'account', id, version: 1, value: account } as const;
  return { account, accessKey, change: { put: [row, accessKey.row] } };
}

export const getAccount = async (rows: Rows, id: AccountId): Promise<Account | undefined> =>
  (await rows.get<Account>('account', id))?.value;

/** All accounts, by id. */
export async function listAccounts(rows: Rows): Promise<readonly Account[]> {
  return Array.fromAsync(scanAll<Stored<Account>>(rows, 'account', ''), ({ value }) => value);
}
