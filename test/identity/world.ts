/** A verifier over real rows, with access keys whose secrets are known. */
import type { Clock } from '../../src/core/clock.ts';
import { must, parseAccountId, rootArn } from '../../src/core/ids.ts';
import type { AccessKey } from '../../src/identity/access-keys.ts';
import type { SigV4Parts } from '../../src/identity/sigv4/verifier.ts';
import type { Store } from '../../src/store/contract.ts';
import { openRows } from '../../src/store/rows.ts';
import type { FrontRows } from '../../src/store/rows-contract.ts';
import { HmacAuthenticator } from '../store/hmac-authenticator.ts';
import { temporaryStore } from '../store/temporary.ts';
import { KnownSecrets } from './known-secrets.ts';

export const account = must(parseAccountId('111122223333'), 'account');
export const accessKeyId = 'AKIAIOSFODNN7EXAMPLE';
export const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';

export class TestClock implements Clock {
  ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
  now(): number {
    return this.ms;
  }
}

export interface World extends SigV4Parts {
  readonly rows: FrontRows;
  /** Under the rows: what is written here is none of theirs. */
  readonly store: Store;
  readonly engine: KnownSecrets;
  readonly clock: TestClock;
  putAccessKey(id: string, version: number, status: AccessKey['status']): Promise<void>;
  close(): Promise<void>;
}

export async function openWorld(secrets: Record<string, string> = { [accessKeyId]: secret }): Promise<World> {
  const { store, destroy } = await temporaryStore();
  const rows = await openRows(store, new HmacAuthenticator());
  const clock = new TestClock(Date.parse('2026-11-24T12:00:00Z'));
  const putAccessKey = (id: string, version: number, status: AccessKey['status']): Promise<void> => {
    const value: AccessKey = {
      account,
      principal: rootArn(account),
      type: 'Root',
      status,
      created: clock.ms,
      token: Buffer.from('token').toString('base64'),
    };
    return rows.commit({ put: [{ table: 'access-key', id, version, value }] });
  };
  for (const id of Object.keys(secrets)) await putAccessKey(id, 1, 'Active');
  return { rows, store, engine: new KnownSecrets(secrets), clock, putAccessKey, close: destroy };
}
