/** The stored passwords of a store, opened by the engine for the login that they are for. */
import type { Clock } from '../../core/clock.ts';
import type { Place } from '../../core/ids.ts';
import type { Engine } from '../../engine/protocol/messages.ts';
import {
  type CredentialName,
  type CredentialRow,
  credentialRow,
  encodedCredentialBinding,
} from '../../kms/key-store.ts';
import type { Rows } from '../../store/rows-contract.ts';

type StoreName = Place & { readonly id: string };

export class Credentials {
  readonly #rows: Rows;
  readonly #engine: Engine;
  readonly #clock: Clock;

  constructor(rows: Rows, engine: Engine, clock: Clock) {
    this.#rows = rows;
    this.#engine = engine;
    this.#clock = clock;
  }

  async seal(store: StoreName, password: string): Promise<CredentialRow> {
    const binding = encodedCredentialBinding(store);
    return this.#row((await this.#engine.call('sealStoreCredential', { binding, password })).token);
  }

  /** A new password that nobody has seen. */
  async create(store: StoreName): Promise<CredentialRow> {
    const binding = encodedCredentialBinding(store);
    return this.#row((await this.#engine.call('createStoreCredential', { binding })).token);
  }

  async find(store: StoreName, name: CredentialName): Promise<CredentialRow | undefined> {
    const { table, id } = credentialRow(store, name);
    return (await this.#rows.get<CredentialRow>(table, id))?.value;
  }

  async open(store: StoreName, { token }: CredentialRow): Promise<string> {
    const binding = encodedCredentialBinding(store);
    const request = { binding, token: Buffer.from(token, 'base64') };
    return (await this.#engine.call('openStoreCredential', request)).password;
  }

  #row(token: Uint8Array): CredentialRow {
    return { token: Buffer.from(token).toString('base64'), created: this.#clock.now() };
  }

  async password(store: StoreName, name: CredentialName): Promise<string | undefined> {
    const row = await this.find(store, name);
    return row && this.open(store, row);
  }
}
