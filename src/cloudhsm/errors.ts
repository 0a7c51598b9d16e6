/** The errors of CloudHSM v2 that operations give; `wire/` has those of the server. */
import { ServiceError } from '../core/errors.ts';

const error = (code: string) => (message: string) => new ServiceError(code, message);

export const invalidRequest = error('CloudHsmInvalidRequestException');
export const resourceNotFound = error('CloudHsmResourceNotFoundException');
export const limitExceeded = error('CloudHsmResourceLimitExceededException');
export const tagError = error('CloudHsmTagException');

export const notSupported = (what: string): ServiceError => invalidRequest(`${what} is not supported.`);
