/** The file by S3, with the credentials that lie in the data folder. */
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { BUCKET } from '../arrangement.ts';
import type { Clients } from '../tenant/clients.ts';
import { compared, type TheFile } from '../the-file.ts';
import { type Attempt, attempt } from './attempt.ts';

export async function askFront(
  how: string,
  { s3 }: Pick<Clients, 's3'>,
  object: string,
  file: TheFile,
): Promise<Attempt> {
  return attempt(how, async () => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: object }));
    return compared((await Body?.transformToByteArray()) ?? new Uint8Array(), file);
  });
}
