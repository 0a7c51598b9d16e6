/** The AWS SDK for JavaScript as this clone installs it, with the credentials file of a server. */
import { CloudHSMV2Client } from '@aws-sdk/client-cloudhsm-v2';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import type { Server } from '../server.ts';

export interface Clients {
  readonly kms: KMSClient;
  readonly s3: S3Client;
  readonly hsm: CloudHSMV2Client;
  close(): void;
}

/** A call that is refused is not tried again: what it was refused with is what the tour shows. */
export function clientsOf({ endpoint, credentials }: Pick<Server, 'endpoint' | 'credentials'>): Clients {
  const options = { endpoint, region: 'us-east-1', credentials, maxAttempts: 1 };
  const kms = new KMSClient(options);
  const s3 = new S3Client({ ...options, forcePathStyle: true });
  const hsm = new CloudHSMV2Client(options);
  return {
    kms,
    s3,
    hsm,
    close() {
      for (const client of [kms, s3, hsm]) client.destroy();
    },
  };
}
