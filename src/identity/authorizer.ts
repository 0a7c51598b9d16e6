/** Decides whether a call may act on what it names. Policies are not evaluated yet: owners may do everything. */
import type { Call, Target } from '../core/call.ts';
import { accessDenied } from '../core/errors.ts';

/** The service of the operator's socket, for callers of type Operator alone. */
export const OPERATOR_SERVICE = 'operator';

export interface Authorizer {
  /** Throws AccessDeniedException, at once or as a rejection, when the call may not do `target`. */
  authorize(call: Call<never>, target: Target): void | Promise<void>;
}

export const ownerAuthorizer: Authorizer = {
  authorize(call, { action, resource, account }) {
    const { caller } = call;
    const forOperators = call.service === OPERATOR_SERVICE;
    const allowed =
      (caller.type === 'Operator') === forOperators && (forOperators || caller.account === account);
    if (allowed) return;
    throw accessDenied(
      `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource} ` +
        `because no resource-based policy allows the ${action} action`,
    );
  },
};
