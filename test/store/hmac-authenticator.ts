import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Row } from '../../src/store/contract.ts';
import type { MacFacts, RowAuthenticator } from '../../src/store/rows-contract.ts';

/** Authenticates rows under a key of its own, and counts what it was asked. */
export class HmacAuthenticator implements RowAuthenticator {
  readonly #key: Buffer;
  verified = 0;
  authenticated = 0;

  /** `name`: authenticators of one name share their key, in other processes too. */
  constructor(name?: string) {
    this.#key = name === undefined ? randomBytes(32) : hash('sha256', name, 'buffer');
  }

  async authenticate(rows: readonly MacFacts[]): Promise<readonly Uint8Array[]> {
    this.authenticated += rows.length;
    return rows.map((row) => this.#mac(row));
  }

  async verify(rows: readonly (MacFacts & Pick<Row, 'mac'>)[]): Promise<readonly boolean[]> {
    this.verified += rows.length;
    return rows.map((row) => row.mac.length === 32 && timingSafeEqual(this.#mac(row), row.mac));
  }

  #mac({ table, id, version, content }: MacFacts): Buffer {
    const head = JSON.stringify([table, id, version, content.length]);
    return createHmac('sha256', this.#key).update(head).update(content).digest();
  }
}
