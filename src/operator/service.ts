/**
 * The service behind the operator's socket. Its calls go through the same pipeline as all others, by a caller of
 * type Operator, and are journalled under OPERATOR_ACCOUNT. Why it is a part of its own:
 * docs/decisions/operator-service.md.
 */
import type { Operation, Service } from '../core/call.ts';
import { OPERATOR_SERVICE } from '../identity/authorizer.ts';
import { acknowledgeClock } from './operations/acknowledge-clock.ts';
import { createAccessKey } from './operations/create-access-key.ts';
import { createAccount } from './operations/create-account.ts';
import { getStatus } from './operations/get-status.ts';
import { listAccessKeys } from './operations/list-access-keys.ts';
import { listAccounts } from './operations/list-accounts.ts';
import { updateAccessKey } from './operations/update-access-key.ts';
import type { OperatorParts } from './parts.ts';

export const OPERATOR_EVENTS = 'lockholm';

/** `more`: operations of other parts, such as backups. Throws when two have one name. */
export function operatorService(parts: OperatorParts, more: readonly Operation[] = []): Service {
  const all = [
    getStatus(parts),
    createAccount(parts),
    listAccounts(parts),
    createAccessKey(parts),
    listAccessKeys(parts),
    updateAccessKey(parts),
    acknowledgeClock(parts),
    ...more,
  ];
  const operations = new Map<string, Operation>();
  for (const operation of all) {
    if (operations.has(operation.name))
      throw new Error(`two operator operations are named ${operation.name}`);
    operations.set(operation.name, operation);
  }
  return { name: OPERATOR_SERVICE, eventSource: OPERATOR_EVENTS, operations };
}
