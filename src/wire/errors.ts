/** Whatever an operation throws, as the client sees it: what is no ServiceError stays inside, as its cause. */
import { ServiceError } from '../core/errors.ts';
import { EngineError } from '../engine/protocol/messages.ts';
import { StoreError } from '../store/contract.ts';

/** The names that a service has for faults of the server. */
export interface FaultNames {
  readonly internal: string;
  readonly unavailable: string;
}

const kmsFaults: FaultNames = { internal: 'KMSInternalException', unavailable: 'KeyUnavailableException' };
const cloudHsmFaults: FaultNames = {
  internal: 'CloudHsmInternalFailureException',
  unavailable: 'CloudHsmServiceException',
};
const commonFaults: FaultNames = { internal: 'InternalFailure', unavailable: 'ServiceUnavailable' };

const faultsByService: ReadonlyMap<string, FaultNames> = new Map([
  ['kms', kmsFaults],
  ['cloudhsm', cloudHsmFaults],
]);

export const faultNames = (service: string): FaultNames => faultsByService.get(service) ?? commonFaults;

/** Those that a retry may get past. */
const passing: readonly string[] = ['unavailable', 'sealed'];

export function toServiceError(error: unknown, names: FaultNames): ServiceError {
  if (error instanceof ServiceError) return error;
  if (isConflict(error)) return tooManyChanges(error);
  if (error instanceof EngineError && passing.includes(error.code)) {
    const message = 'The request was rejected because the keys are not available now. Retry the request.';
    return new ServiceError(names.unavailable, message, 'server', error);
  }
  const message = 'The request was rejected because an internal exception occurred. Retry the request.';
  return new ServiceError(names.internal, message, 'server', error);
}

const statuses: ReadonlyMap<string, number> = new Map([
  ['RequestEntityTooLargeException', 413],
  ['DependencyTimeoutException', 503],
  ['ServiceUnavailable', 503],
]);

/** The JSON protocols answer 400 to every fault of the client, but for a body that is too large. */
export const statusOf = (error: ServiceError): number =>
  statuses.get(error.code) ?? (error.fault === 'client' ? 400 : 500);

/** Another change of the same rows came first. */
export const isConflict = (error: unknown): boolean =>
  error instanceof StoreError && error.code === 'conflict';

/** SDKs wait and send the request again, in AWS's words. */
export const tooManyChanges = (cause?: unknown): ServiceError =>
  new ServiceError(
    'ThrottlingException',
    'You have exceeded the rate at which you may change this resource. Reduce the frequency of your calls.',
    'client',
    cause,
  );

export const tooManyBodies = (): ServiceError =>
  new ServiceError('ThrottlingException', 'Too many requests are being received at once. Try again.');

export const bodyTooLarge = (): ServiceError =>
  new ServiceError('RequestEntityTooLargeException', 'The request body is larger than any valid request.');
