/** Every command logs in for itself: no session outlives it, and no file keeps one. */
import { type Command, Option } from 'commander';
import type { HsmConnection } from '../../hsm/client/connection.ts';
import { HsmError } from '../../hsm/protocol/errors.ts';
import { type UserRole, userRoles } from '../../hsm/protocol/values.ts';
import { EXIT_USAGE, Failure } from '../failure.ts';
import { onAny, type ToHsm } from './connect.ts';
import { readSecret } from './secrets.ts';
import { onHsm, type Selection } from './selection.ts';
import { HSM_PASSWORD, HSM_USER } from './variables.ts';

export interface LoginOptions extends Selection {
  readonly user?: string;
  readonly passwordFile?: string;
}

export interface LoggedIn extends ToHsm {
  readonly connection: HsmConnection;
  readonly user: string;
  readonly role: UserRole;
}

export const withLogin = (command: Command): Command =>
  onHsm(command)
    .addOption(new Option('--user <name>', 'who logs in').env(HSM_USER))
    .option(
      '--password-file <file>',
      `its password, or - for a line of standard input (${HSM_PASSWORD}; default: asked)`,
    );

/** Logs in at the first selected HSM that serves. */
export const loggedIn = <T>(
  selection: Selection,
  who: Credentials,
  work: (hsm: LoggedIn) => Promise<T>,
): Promise<T> => onAny(selection, async (hsm) => work(await login(hsm, who)));

/** As whom the options say. */
export async function asUser<T>(options: LoginOptions, work: (hsm: LoggedIn) => Promise<T>): Promise<T> {
  return loggedIn(options, await credentials(options), work);
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export async function credentials({ user, passwordFile }: LoginOptions): Promise<Credentials> {
  if (user === undefined) throw new Failure(`Say who logs in: --user NAME (or ${HSM_USER}).`, EXIT_USAGE);
  const password = await readSecret({
    name: 'password',
    option: '--password-file',
    file: passwordFile,
    variable: HSM_PASSWORD,
    question: `Password of ${user}`,
    twice: false,
  });
  return { user, password };
}

export async function login(hsm: ToHsm, { user, password }: Credentials): Promise<LoggedIn> {
  try {
    const { role } = await hsm.connection.call('login', { user, password, alone: false });
    return { ...hsm, user, role: userRoles[role] ?? 'appliance' };
  } catch (error) {
    if (!(error instanceof HsmError) || error.code !== 'wrong-credential') throw error;
    throw new Failure(
      `${hsm.where}: The password of ${user} is wrong. Five wrong ones in a row lock the user.`,
      undefined,
      error,
    );
  }
}
