import { createHash, randomBytes } from 'node:crypto';
import { runToEnd } from '../child.ts';
import type { Contender } from '../contenders/contender.ts';
import { credentialsIn, lockholm } from '../contenders/lockholm.ts';
import { plainFiles, plainSynced } from '../contenders/plain-files.ts';
import { measureTurn, spanOf } from '../measure.ts';
import type { SizeName } from '../options.ts';
import { type Message, s3Message, send, type Target, wireRequest } from '../requests.ts';
import { say, type Workbench } from '../workbench.ts';
import { makeKey } from '../workload.ts';
import type { Group, Subject, Trial } from './group.ts';

const SYNCED = plainSynced.name;
const SSE_S3 = 'sse-s3';
const SSE_KMS = 'sse-kms';

/** A bucket of one of the servers, with what makes an object in it what it is to be. */
interface Bucket {
  readonly name: string;
  readonly pid: number;
  readonly target: Target;
  readonly headers: Message['headers'];
}

interface Size {
  readonly name: SizeName;
  readonly pieceBytes: number;
  readonly pieces: number;
  /** Objects that are written and read in turn. */
  readonly objects: number;
}
const sizes: readonly Size[] = [
  { name: 'small', pieceBytes: 4 * 1024, pieces: 1, objects: 64 },
  { name: 'large', pieceBytes: 2 ** 20, pieces: 256, objects: 2 },
];

const bytesOf = ({ pieceBytes, pieces }: Size): number => pieceBytes * pieces;

type Method = 'PUT' | 'GET';

/** What is read stays as it was made: the end of a turn cuts what is being written. */
const pathsOf = (bucket: Bucket, { name, objects }: Size, method: Method): readonly string[] =>
  Array.from({ length: objects }, (_, index) => `/${bucket.name}/${method.toLowerCase()}-${name}-${index}`);

/** Makes the objects that are read; checks that one of them comes back as it was. */
const fill = async (bucket: Bucket, size: Size): Promise<void> => {
  const { target, headers } = bucket;
  const piece = randomBytes(size.pieceBytes);
  const paths = pathsOf(bucket, size, 'GET');
  for (const path of paths) {
    (await send(target, s3Message('PUT', path, headers), piece, size.pieces)).resume();
  }
  const [expected, found] = [createHash('sha256'), createHash('sha256')];
  for (let index = 0; index < size.pieces; index += 1) expected.update(piece);
  for await (const chunk of await send(target, s3Message('GET', paths[0] ?? ''))) found.update(chunk);
  if (!expected.digest().equals(found.digest())) throw new Error(`${bucket.name} gave back something else`);
};

const requestOf = async ({ target, headers }: Bucket, method: Method, size: Size, path: string) => {
  const bytes = bytesOf(size);
  const put = method === 'PUT';
  const head = await wireRequest(target, s3Message(method, path, put ? headers : {}), put ? bytes : 0);
  return { bytes: head.toString('base64'), ...(put ? { bodyBytes: bytes } : { answerBytes: bytes }) };
};

const subjectOf = (bucket: Bucket, method: Method, size: Size, connections: number): Subject => ({
  name: bucket.name,
  async turn(seconds) {
    const { target, pid } = bucket;
    // What one leaves for the disk to do is not to be waited for by the next.
    await runToEnd('sync', []);
    const paths = pathsOf(bucket, size, method);
    const requests = await Promise.all(paths.map((path) => requestOf(bucket, method, size, path)));
    const plan = { ...spanOf(seconds), host: '127.0.0.1', port: target.port, connections, requests };
    return measureTurn('load.ts', plan, { server: pid });
  },
});

const operations = [
  ['PutObject', 'PUT'],
  ['GetObject', 'GET'],
] as const;

const trialsOf = (buckets: readonly Bucket[], size: Size, { options }: Workbench): readonly Trial[] =>
  operations
    .filter(([operation]) => options.operations.includes(operation))
    .flatMap(([operation, method]) =>
      (size.name === 'small' ? options.connections : [1]).map((connections) => ({
        operation,
        connections,
        payloadBytes: bytesOf(size),
        subjects: buckets
          // Reading has nothing to sync.
          .filter(({ name }) => method === 'PUT' || name !== SYNCED)
          .map((bucket) => subjectOf(bucket, method, size, connections)),
      })),
    );

const plainBucket = async (contender: Contender, bench: Workbench): Promise<Bucket> => {
  const { port, pid } = await bench.start(contender);
  const credentials = { accessKeyId: 'none', secretAccessKey: 'none' };
  return { name: contender.name, pid, target: { port, credentials }, headers: {} };
};

const lockholmBuckets = async (bench: Workbench): Promise<readonly Bucket[]> => {
  const { port, pid, folder } = await bench.start(lockholm);
  const target = { port, credentials: credentialsIn(folder) };
  const encryption = 'x-amz-server-side-encryption';
  const underKey = { [encryption]: 'aws:kms', [`${encryption}-aws-kms-key-id`]: await makeKey(target) };
  const buckets = [
    { name: SSE_S3, pid, target, headers: { [encryption]: 'AES256' } },
    { name: SSE_KMS, pid, target, headers: underKey },
  ];
  return buckets.filter(({ name }) => bench.wants(name));
};

const make = async (bucket: Bucket, wanted: readonly Size[]): Promise<void> => {
  say(`${bucket.name}: storing objects`);
  (await send(bucket.target, s3Message('PUT', `/${bucket.name}`))).resume();
  for (const size of wanted) await fill(bucket, size);
};

/** Both of Lockholm's buckets are on one server, which syncs each object before it answers. SSE-KMS is under a customer managed key, without a bucket key. */
export const s3: Group = {
  name: 's3',
  yardstick: plainFiles.name,
  contenders: [SSE_S3, SSE_KMS, SYNCED],
  ours: [SSE_S3, SSE_KMS],
  operations: operations.map(([operation]) => operation),
  async prepare(bench) {
    const wanted = sizes.filter(({ name }) => bench.options.sizes.includes(name));
    const buckets = [await plainBucket(plainFiles, bench)];
    if (bench.wants(SYNCED)) buckets.push(await plainBucket(plainSynced, bench));
    if (bench.wants(SSE_S3) || bench.wants(SSE_KMS)) buckets.push(...(await lockholmBuckets(bench)));
    for (const bucket of buckets) await make(bucket, wanted);
    return wanted.flatMap((size) => trialsOf(buckets, size, bench));
  },
};
