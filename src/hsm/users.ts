/** Who may log in: passwords, wrong ones counted on this HSM, users locked on all of them. */
import { randomBytes } from 'node:crypto';
import type { ValueOf } from './objects.ts';
import { isPassword, newVerifier, noPassword } from './passwords.ts';
import { HsmError } from './protocol/errors.ts';
import {
  MAX_USERS,
  PASSWORD,
  USER_NAME,
  type UserRole,
  userRoles,
  WRONG_PASSWORDS,
} from './protocol/values.ts';
import type { Unlocked } from './unlocked.ts';

export type User = ValueOf<'user'>;

const newVersion = (): string => randomBytes(8).toString('hex');

/** Throws `refused`. */
export function checkCredentials(user: string, password: string): void {
  if (!USER_NAME.test(user)) throw new HsmError('refused', 'a user name has 1 to 31 letters, digits or _.@-');
  if (!PASSWORD.test(password))
    throw new HsmError('refused', 'a password has 7 to 32 printable ASCII characters');
}

export async function newUser(role: UserRole, password: string): Promise<User> {
  return { role: userRoles.indexOf(role), version: newVersion(), ...(await newVerifier(password)) };
}

/** With a password that nobody ever has. */
export const withoutPassword = ({ role }: User): User => ({ role, version: newVersion(), ...noPassword() });

export class Users {
  readonly #hsm: Unlocked;
  /** One try at a time for each user, so that five are five. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(hsm: Unlocked) {
    this.#hsm = hsm;
  }

  /** Throws `user-not-found`. */
  get(name: string): User {
    const user = this.#hsm.vault.get('user', name);
    if (user === undefined) throw new HsmError('user-not-found', `there is no user ${name}`);
    return user;
  }

  isLocked(name: string): boolean {
    return this.#hsm.vault.get('lock', name)?.version === this.get(name).version;
  }

  failures(name: string): number {
    const attempts = this.#hsm.vault.get('attempts', name);
    return attempts?.version === this.get(name).version ? attempts.count : 0;
  }

  /** Throws `full`. */
  requireRoom(): void {
    if (this.#hsm.vault.count('user') >= MAX_USERS) throw new HsmError('full', 'there are 1,024 users');
  }

  /** The user that has logged in. Throws `user-not-found`, `user-locked`, `wrong-credential`, `busy`. */
  authenticate(name: string, password: string): Promise<User> {
    this.get(name);
    const before = this.#turns.get(name) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(() => this.#try(name, password));
    this.#turns.set(name, turn);
    return turn.finally(() => {
      if (this.#turns.get(name) === turn) this.#turns.delete(name);
    });
  }

  async #try(name: string, password: string): Promise<User> {
    this.#requireOpen(name);
    const user = this.get(name);
    this.#hsm.requireWhole('user', name);
    const right = await isPassword(password, user);
    // It may have changed meanwhile.
    if (this.get(name).version !== user.version) throw wrong();
    if (right) {
      if (this.failures(name) > 0) this.#count(name, user, 0);
      return user;
    }
    await this.#failed(name, user);
    throw wrong();
  }

  #requireOpen(name: string): void {
    if (this.isLocked(name))
      throw new HsmError('user-locked', `user ${name} is locked until an administrator changes its password`);
  }

  async #failed(name: string, user: User): Promise<void> {
    const count = this.failures(name) + 1;
    this.#count(name, user, count);
    this.#hsm.audit.write('LOGIN', { user: name, result: 'wrong-credential', details: { failures: count } });
    if (count < WRONG_PASSWORDS) return;
    this.#hsm.audit.write('LOCK_USER', { user: name });
    await this.#hsm.commit(() => this.#hsm.vault.put('lock', name, { version: user.version }));
  }

  #count(name: string, { version }: User, count: number): void {
    this.#hsm.vault.put('attempts', name, { count, version });
  }
}

const wrong = (): HsmError => new HsmError('wrong-credential', 'the password is wrong');
