/** One way to encrypt: an object that the file was stored as, and what the custody report is asked about. */
export const BUCKET = 'tour';

export interface Arrangement {
  /** As docs/custody.md numbers its worked cases. */
  readonly number: string;
  readonly name: string;
  /** The key of the object in BUCKET. */
  readonly object: string;
  /** For `lockholm custody report`: the KMS key, or the S3 root. */
  readonly subject: string;
  /** SHA-256 of the key material, where the tenant knows it. */
  readonly knownMaterial?: string;
}
