/** Errors of the XML protocols: a status of their own, and elements beside code and message. */
import { ServiceError } from '../../core/errors.ts';
import type { Answered, Reply } from '../protocol.ts';
import { writeXml, XML_TYPE } from './xml.ts';

export interface ErrorFacts {
  /** Elements after Message, in this order. */
  readonly elements?: Readonly<Record<string, string>>;
  /** Names and values in turn. */
  readonly headers?: readonly string[];
}

const NOT_IMPLEMENTED = 501;

export class RestXmlError extends ServiceError {
  readonly status: number;
  readonly facts: ErrorFacts;

  constructor(status: number, code: string, message: string, facts: ErrorFacts = {}) {
    super(code, message, status < 500 || status === NOT_IMPLEMENTED ? 'client' : 'server');
    this.status = status;
    this.facts = facts;
  }
}

/** `announced`: the header that said how many bytes would come. */
export const incompleteBody = (announced = 'Content-Length'): RestXmlError =>
  new RestXmlError(
    400,
    'IncompleteBody',
    `You did not provide the number of bytes specified by the ${announced} HTTP header.`,
  );

/** Errors of the parts that all protocols share, as S3 names them (S3 API reference, "Error responses"). */
const common: ReadonlyMap<string, readonly [number, string]> = new Map([
  ['AccessDeniedException', [403, 'AccessDenied']],
  ['MissingAuthenticationTokenException', [403, 'AccessDenied']],
  ['InvalidSignatureException', [403, 'SignatureDoesNotMatch']],
  ['IncompleteSignatureException', [400, 'AuthorizationHeaderMalformed']],
  ['UnrecognizedClientException', [403, 'InvalidAccessKeyId']],
  ['AuthorizationQueryParametersError', [400, 'AuthorizationQueryParametersError']],
  ['RequestEntityTooLargeException', [400, 'EntityTooLarge']],
  ['XAmzContentSHA256Mismatch', [400, 'XAmzContentSHA256Mismatch']],
  ['ThrottlingException', [503, 'SlowDown']],
  ['ValidationException', [400, 'InvalidArgument']],
  ['ServiceUnavailable', [503, 'ServiceUnavailable']],
]);
const SKEW = /^Signature (?:expired|not yet current):/;
const SCOPE = /^(?:Credential should be scoped|Date in Credential scope)/;

function statusAndCode(error: ServiceError): readonly [number, string] {
  if (error instanceof RestXmlError) return [error.status, error.code];
  if (error.code === 'InvalidSignatureException') {
    // SDKs correct their clock by this code.
    if (SKEW.test(error.message)) return [403, 'RequestTimeTooSkewed'];
    if (SCOPE.test(error.message)) return [400, 'AuthorizationHeaderMalformed'];
  }
  return common.get(error.code) ?? (error.fault === 'server' ? [500, 'InternalError'] : [400, error.code]);
}

export function errorReply(error: ServiceError, requestIdHeader: string): Reply {
  const [status, code] = statusAndCode(error);
  const facts = error instanceof RestXmlError ? error.facts : {};
  const Message = error.wireMessage ?? code;
  return {
    status,
    contentType: XML_TYPE,
    requestIdHeader,
    headers: facts.headers ?? [],
    body: ({ head, requestId }: Answered) =>
      writeXml('Error', {
        Code: code,
        Message,
        ...facts.elements,
        Resource: head.path,
        RequestId: requestId,
      }),
  };
}
