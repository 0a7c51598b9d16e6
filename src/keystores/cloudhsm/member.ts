/** The connection of a store to one HSM of its cluster: made again when it is lost, more and more slowly while it fails. */
import { HsmError } from '../../hsm/protocol/errors.ts';
import type { HsmMember } from '../../kms/hsm-clusters.ts';
import { isRefusal } from './failures.ts';
import { dial, type Login, logIn, type Trusted } from './login.ts';

const FIRST_MS = 100;
const MOST_MS = 1_000;
/** A password that was refused is hardly ever right a little later, and five wrong ones lock the user. */
const REFUSED_MS = 60_000;
const MAX_REFUSALS = 2;

export interface MemberEvents {
  changed(): void;
  failed(hsmId: string, error: HsmError): void;
}

export class Member {
  readonly hsm: HsmMember;
  login: Login | undefined;
  /** Why there is no login. */
  failure: HsmError | undefined;
  readonly #trusted: Trusted;
  readonly #password: string;
  readonly #events: MemberEvents;
  #dialling = false;
  #closed = false;
  #failures = 0;
  #refusals = 0;
  #notBefore = 0;

  constructor(hsm: HsmMember, trusted: Trusted, password: string, events: MemberEvents) {
    this.hsm = hsm;
    this.#trusted = trusted;
    this.#password = password;
    this.#events = events;
  }

  /** Connects where it is time to. Never rejects. */
  async ensure(): Promise<void> {
    if (this.login !== undefined || this.#dialling || this.#closed) return;
    if (performance.now() < this.#notBefore || this.#refusals === MAX_REFUSALS) return;
    this.#dialling = true;
    try {
      await this.#connect();
    } catch (error) {
      if (this.#closed) return;
      this.#failed(error instanceof HsmError ? error : new HsmError('internal', (error as Error).message));
    } finally {
      this.#dialling = false;
    }
    this.#events.changed();
  }

  /** What is under way fails; it is connected again. */
  drop(login: Login): void {
    login.connection.close();
    if (this.login === login) this.login = undefined;
  }

  close(): void {
    this.#closed = true;
    this.login?.connection.close();
    this.login = undefined;
  }

  async #connect(): Promise<void> {
    let current: Login | undefined;
    const connection = await dial(this.hsm, this.#trusted, () => {
      if (current === undefined || this.login !== current) return;
      this.login = undefined;
      this.#events.changed();
    });
    try {
      const login = await logIn(connection, this.#password, false);
      if (this.#closed || !connection.open) throw new HsmError('unavailable', 'the connection is closed');
      this.login = current = login;
      this.failure = undefined;
      this.#failures = 0;
      this.#refusals = 0;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  #failed(error: HsmError): void {
    const refused = isRefusal(error);
    const pause = refused ? REFUSED_MS : Math.min(FIRST_MS * 2 ** this.#failures, MOST_MS);
    this.#failures += 1;
    if (refused) this.#refusals += 1;
    this.#notBefore = performance.now() + pause;
    if (this.failure?.code !== error.code) this.#events.failed(this.hsm.id, error);
    this.failure = error;
  }
}
