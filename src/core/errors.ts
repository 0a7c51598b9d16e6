/**
 * A failure that a client sees, by the name AWS gives it. `fault` decides the HTTP status and whether SDKs
 * retry: client faults are 400 on the JSON protocols, server faults 5xx (KMS API reference, "Common Errors").
 */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: string;
  readonly fault: 'client' | 'server';
  /** Absent where AWS sends no message (InvalidCiphertextException, ...). */
  readonly wireMessage: string | undefined;

  constructor(code: string, message?: string, fault: 'client' | 'server' = 'client', cause?: unknown) {
    super(message ?? code, cause === undefined ? undefined : { cause });
    this.code = code;
    this.fault = fault;
    this.wireMessage = message;
  }
}

export const validation = (message: string): ServiceError => new ServiceError('ValidationException', message);
export const accessDenied = (message: string): ServiceError =>
  new ServiceError('AccessDeniedException', message);
