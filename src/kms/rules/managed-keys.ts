/**
 * AWS managed keys: `alias/aws/<service>`, one an account and Region, made on first use by the service. Their
 * key policy lets the service use them on the account's behalf and the account look at them, and nothing else
 * (KMS developer guide, "AWS managed keys").
 */
import type { Caller } from '../../core/call.ts';
import { accessDenied, type ServiceError } from '../../core/errors.ts';
import { arnOf, type KeyRecord } from '../key.ts';

/** The services of Lockholm that encrypt on an account's behalf. */
export const managedServices = ['ebs', 's3'] as const;
export type ManagedService = (typeof managedServices)[number];

export const managedAlias = (service: ManagedService): string => `alias/aws/${service}`;

export function managedServiceOf(alias: string): ManagedService | undefined {
  return managedServices.find((service) => managedAlias(service) === alias);
}

const LOOK = /^kms:(?:Describe|Get|List)/;
const USE = /^kms:(?:Encrypt|Decrypt|ReEncrypt(?:From|To)|GenerateDataKey(?:WithoutPlaintext)?)$/;

export function requireManagedKeyAccess(key: KeyRecord, action: string, caller: Caller): void {
  if (key.manager !== 'AWS' || LOOK.test(action)) return;
  if (USE.test(action) && caller.invokedBy !== undefined) return;
  throw notAllowed(caller, action, arnOf(key));
}

/** What the key policy of an AWS managed key lets nobody do. */
export const notAllowed = (caller: Caller, action: string, resource: string): ServiceError =>
  accessDenied(
    `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource} ` +
      `because no resource-based policy allows the ${action} action`,
  );
