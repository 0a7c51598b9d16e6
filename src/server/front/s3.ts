/** Binds the S3 endpoint to engine, rows, journal, KMS and the folder of objects. */
import { randomUUID } from 'node:crypto';
import type { Service } from '../../core/call.ts';
import { must } from '../../core/ids.ts';
import type { Authenticator } from '../../identity/authenticator.ts';
import type { SigV4Policy } from '../../identity/sigv4/verifier.ts';
import { objectsPath } from '../../operator/data-files.ts';
import { KmsKeys, S3_PRINCIPAL } from '../../storage/envelope/kms-keys.ts';
import { ObjectKeys } from '../../storage/envelope/object-keys.ts';
import { S3Roots } from '../../storage/envelope/s3-root.ts';
import { ObjectFiles } from '../../storage/objects/files.ts';
import { BucketGates } from '../../storage/objects/gates.ts';
import { tellingKms } from '../../storage/objects/kms-errors.ts';
import { S3Protocol } from '../../storage/objects/protocol.ts';
import { s3Service } from '../../storage/objects/service.ts';
import { sweep } from '../../storage/objects/sweep.ts';
import type { Pipeline } from '../../wire/pipeline.ts';
import { bindOperations } from '../../wire/services.ts';
import { serviceEvents } from './service-events.ts';
import { HOME_REGION, type Opening, type Storage } from './storage.ts';
import type { Unsealed } from './unsealed.ts';

/** S3 signs paths as they are sent, and takes signatures in the query. */
export const s3Signatures: ReadonlyMap<string, SigV4Policy> = new Map([
  ['s3', { path: 'as-sent', presigned: true }],
]);

export interface S3Calls {
  readonly pipeline: Pipeline;
  readonly kms: Service;
  readonly signatures: Authenticator;
}

export async function openS3(
  { settings: { data }, log, clock, closing }: Opening,
  { events }: Storage,
  { rows, engine }: Unsealed,
  { pipeline, kms, signatures }: S3Calls,
): Promise<S3Protocol> {
  const warn = (event: string) => (error: unknown) => log.warn(event, { error });
  const files = closing.adopt(
    await ObjectFiles.open(objectsPath(data), warn('a file of an object was not removed')),
    (open) => open.close(),
  );
  const own = serviceEvents<'CreateS3Root'>({ ...events, rows, source: S3_PRINCIPAL });
  const roots = new S3Roots({
    rows,
    engine,
    now: () => clock.now(),
    commitRoot: (account, root, change) =>
      own.commit(change, {
        eventId: randomUUID(),
        time: root.created,
        account,
        region: HOME_REGION,
        name: 'CreateS3Root',
        resources: [],
        additionalEventData: { s3Root: root.id },
      }),
  });
  const bound = new Map(bindOperations(kms).map((each) => [each.operation.name, each]));
  const kmsKeys = new KmsKeys(
    tellingKms((operation, caller, region, input) =>
      pipeline.invoke({ bound: must(bound.get(operation), operation), caller, region, input }),
    ),
  );
  const keys = new ObjectKeys(roots, kmsKeys);
  // Listed before anything is written; looked up while others are served already.
  const found = await files.list();
  const sweeping = sweep(found, rows, files).then((removed) => {
    if (removed > 0) log.warn('files that belong to no object were removed', { removed });
  }, warn('files that belong to no object were not looked for'));
  closing.defer(() => sweeping);
  return new S3Protocol(signatures, s3Service({ rows, keys, files, gates: new BucketGates() }));
}
