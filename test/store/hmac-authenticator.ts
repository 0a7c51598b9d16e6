import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Row } from '../../src/store/contract.ts';
import type { RowAuthenticator } from '../../src/store/rows-contract.ts';

/** Authenticates rows under a key of its own, and counts what it was asked. */
export class HmacAuthenticator implements RowAuthenticator {
  readonly #key = randomBytes(32);
  verified = 0;
  authenticated = 0;

  async authenticate(rows: readonly Omit<Row, 'mac'>[]): Promise<readonly Uint8Array[]> {
    this.authenticated += rows.length;
    return rows.map((row) => this.#mac(row));
  }

  async verify(rows: readonly Row[]): Promise<readonly boolean[]> {
    this.verified += rows.length;
    return rows.map((row) => row.mac.length === 32 && timingSafeEqual(this.#mac(row), row.mac));
  }

  #mac({ table, id, version, content }: Omit<Row, 'mac'>): Buffer {
    const head = JSON.stringify([table, id, version, content.length]);
    return createHmac('sha256', this.#key).update(head).update(content).digest();
  }
}
