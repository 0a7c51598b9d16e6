/** The errors of KMS, with the messages that AWS sends and clients match on. */
import { ServiceError, validation } from '../core/errors.ts';

const error = (code: string) => (message: string) => new ServiceError(code, message);

export const notFound = error('NotFoundException');
export const alreadyExists = error('AlreadyExistsException');
export const invalidArn = error('InvalidArnException');
export const invalidAliasName = error('InvalidAliasNameException');
export const invalidMarker = error('InvalidMarkerException');
export const invalidState = error('KMSInvalidStateException');
export const limitExceeded = error('LimitExceededException');
export const malformedPolicy = error('MalformedPolicyDocumentException');
export const tagError = error('TagException');
export const unsupported = error('UnsupportedOperationException');
export const invalidKeyUsage = error('InvalidKeyUsageException');
export const invalidGrantToken = error('InvalidGrantTokenException');
export const expiredImportToken = error('ExpiredImportTokenException');
export const invalidImportToken = error('InvalidImportTokenException');
export const incorrectKeyMaterial = error('IncorrectKeyMaterialException');
export const throttled = error('ThrottlingException');
export const storeNotFound = error('CustomKeyStoreNotFoundException');
export const storeInvalidState = error('CustomKeyStoreInvalidStateException');
export const storeNameInUse = error('CustomKeyStoreNameInUseException');
export const storeHasKeys = error('CustomKeyStoreHasCMKsException');
export const clusterInUse = error('CloudHsmClusterInUseException');
export const clusterNotFound = error('CloudHsmClusterNotFoundException');
export const clusterNotActive = error('CloudHsmClusterNotActiveException');
export const clusterNotRelated = error('CloudHsmClusterNotRelatedException');
export const clusterInvalidConfiguration = error('CloudHsmClusterInvalidConfigurationException');
export const incorrectTrustAnchor = error('IncorrectTrustAnchorException');

export const keyDoesNotExist = (arn: string): ServiceError => notFound(`Key '${arn}' does not exist`);
export const aliasNotFound = (arn: string): ServiceError => notFound(`Alias ${arn} is not found.`);
export const keyUnavailable = (arn: string): ServiceError => invalidState(`${arn} is unavailable.`);
export const disabled = (arn: string): ServiceError =>
  new ServiceError('DisabledException', `${arn} is disabled.`);
/** AWS sends no message: decrypting fails in one way whatever the cause. */
export const invalidCiphertext = (): ServiceError => new ServiceError('InvalidCiphertextException');
export const incorrectKey = (): ServiceError =>
  new ServiceError(
    'IncorrectKeyException',
    'The key ID in the request does not identify a CMK that can perform this operation.',
  );
export const dryRunSucceeded = (): ServiceError =>
  new ServiceError(
    'DryRunOperationException',
    'The request would have succeeded, but the DryRun option is set.',
  );
export { validation };
