/** Roles in the words of cloudhsm-cli. */
import { type UserRole, userRoles } from '../../hsm/protocol/values.ts';

const shown: Readonly<Record<UserRole, string>> = {
  admin: 'admin',
  'crypto-user': 'crypto-user',
  appliance: 'internal(APPLIANCE_USER)',
};

export const roleText = (index: number): string => shown[userRoles[index] ?? 'appliance'];

/** What people can be. */
export const givenRoles = userRoles.filter((role) => role !== 'appliance');
