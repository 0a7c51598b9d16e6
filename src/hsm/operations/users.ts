import { HsmError } from '../protocol/errors.ts';
import { type UserRole, userRoles } from '../protocol/values.ts';
import type { Session } from '../sessions.ts';
import { checkCredentials, newUser, withoutPassword } from '../users.ts';
import { at, type Hsm, type Operations } from './operation.ts';

type Names = 'createUser' | 'deleteUser' | 'listUsers' | 'changePassword' | 'discardPassword';

export function userOperations({ hsm, users }: Hsm): Operations<Names> {
  const { vault, audit } = hsm;
  const { sessions } = hsm.parts;

  const receiptOf = (
    by: Session,
    ofUser: string,
    discarded: boolean,
    entry: number,
    missed: readonly string[],
  ) => ({
    receipt: hsm.receipt({
      type: 'password',
      user: by.user,
      audit: entry,
      ofUser,
      discarded,
      changed: hsm.reached(missed),
      notReached: missed,
    }),
  });

  /** Hashing a password takes a while, in which all may have changed. */
  const requireOpen = (session: Session): void => {
    if (!sessions.has(session)) throw new HsmError('not-allowed', 'the login has ended');
  };

  return {
    async createUser({ user, role, password }, session) {
      checkCredentials(user, password);
      const chosen = at(userRoles, role, 'role');
      if (chosen === 'appliance') throw new HsmError('refused', 'appliance users are the HSMs themselves');
      const made = await newUser(chosen, password);
      requireOpen(session);
      if (vault.get('user', user) !== undefined) throw new HsmError('exists', `there is a user ${user}`);
      users.requireRoom();
      audit.write('CREATE_USER', { user: session.user, details: { name: user, role: chosen } });
      await hsm.commit(() => vault.put('user', user, made));
      return {};
    },

    async deleteUser({ user }, session) {
      users.get(user);
      if (user === session.user) throw new HsmError('refused', 'a user cannot delete itself');
      const owned = [...vault.entries('key')].filter(([, { owner }]) => owner === user).length;
      if (owned > 0) throw new HsmError('refused', `the user owns ${owned} keys, which would be of nobody`);
      audit.write('DELETE_USER', { user: session.user, details: { name: user } });
      await hsm.commit(() => {
        vault.remove('user', user);
        vault.remove('lock', user);
      });
      return {};
    },

    listUsers() {
      const people = [...vault.entries('user')].map(([user, { role }]) => ({
        user,
        role,
        locked: users.isLocked(user),
        failures: users.failures(user),
        sessions: sessions.count(user),
      }));
      const role = userRoles.indexOf('appliance' satisfies UserRole);
      return { users: [...people, { user: 'app_user', role, locked: false, failures: 0, sessions: 0 }] };
    },

    async changePassword({ user, password }, session) {
      checkCredentials(user, password);
      const { role, version } = users.get(user);
      if (user !== session.user && session.role !== 'admin')
        throw new HsmError('not-allowed', 'only an administrator may change the password of another user');
      const changed = await newUser(at(userRoles, role, 'role'), password);
      requireOpen(session);
      if (users.get(user).version !== version)
        throw new HsmError('state', 'the user was changed by somebody else meanwhile: try again');
      const entry = audit.write('CHANGE_PASSWORD', { user: session.user, details: { name: user } });
      // The session that changes its own password goes on; all others of the user end with the change.
      if (user === session.user) session.version = changed.version;
      const missed = await hsm.commit(() => vault.put('user', user, changed));
      return receiptOf(session, user, false, entry, missed);
    },

    async discardPassword(_, session) {
      const { user } = session;
      const entry = audit.write('DISCARD_PASSWORD', { user });
      const missed = await hsm.commit(() => vault.put('user', user, withoutPassword(users.get(user))));
      return receiptOf(session, user, true, entry, missed);
    },
  };
}
