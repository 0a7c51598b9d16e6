/** What facts call the parts of the system: declarations name them so too (docs/custody.md, "Names"). */

export const FRONT = 'front';
export const ENGINE = 'engine';
export const DATA_FOLDER = 'data-folder';
export const SEAL_FILE = 'seal-file';
export const SEAL = 'seal';
export const domainKeyName = (id: number): string => `domain-key:${id}`;
/** Any access key of the account that is active. */
export const credentialName = (account: string): string => `credential:${account}`;
export const s3RootName = (account: string): string => `s3-root:${account}`;
/** SSE-S3, as a key: what objects are under that hang on no KMS key. */
export const sseS3Name = (account: string): string => `sse-s3:${account}`;
export const backupName = (id: string): string => `backup:${id}`;
export const hsmName = (id: string): string => `hsm:${id}`;
export const hsmBackupName = (id: string): string => `hsm-backup:${id}`;
export const storageKeyName = (cluster: string): string => `storage-key:${cluster}`;
export const unlockName = (cluster: string): string => `unlock:${cluster}`;
export const administratorName = (cluster: string): string => `hsm-administrator:${cluster}`;
export const kmsUserName = (store: string): string => `kmsuser:${store}`;
export const bucketName = (bucket: string): string => `s3://${bucket}`;
export const objectName = (bucket: string, key: string): string => `s3://${bucket}/${key}`;
