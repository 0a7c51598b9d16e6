/** Errors of KMS as S3 tells them: a denial is its own, others are named after KMS. */
import { ServiceError } from '../../core/errors.ts';
import { RestXmlError } from '../../wire/rest-xml/error.ts';
import type { InvokeKms } from '../envelope/kms-keys.ts';
import { accessDenied } from './errors.ts';

/** Those of the caller and the service themselves stay as they are. */
const passed = ['ThrottlingException'];

export const tellingKms =
  (invoke: InvokeKms): InvokeKms =>
  async (...request) => {
    try {
      return await invoke(...request);
    } catch (error) {
      throw error instanceof ServiceError ? translated(error) : error;
    }
  };

function translated(error: ServiceError): ServiceError {
  const message = error.wireMessage ?? error.code;
  if (error.code === 'AccessDeniedException') return accessDenied(message);
  if (passed.includes(error.code)) return error;
  if (error.fault === 'server') return new RestXmlError(503, 'ServiceUnavailable', message);
  return new RestXmlError(400, `KMS.${error.code}`, message);
}
