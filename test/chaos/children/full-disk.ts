/**
 * Run with the folder of a small file system: a server on it runs out of space, is started again without space, and
 * gets space back. Prints one line of JSON.
 */
import { closeSync, openSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KMS, KMSServiceException } from '@aws-sdk/client-kms';
import { callOperator } from '../../../src/cli/operator-client.ts';
import { readCredentials } from '../../clients/environment.ts';
import { startServer } from '../../support/server.ts';

const disk = process.argv[2] ?? '';
const data = join(disk, 'data');
const ballast = join(disk, 'ballast');
const TRIES = 40;
/** Room for many events, and less than a server needs to call itself well. */
const LITTLE = 2 * 1024 * 1024;
const PATIENCE_MS = 20_000;

/** Until not a byte more fits. */
function fill(): void {
  const file = openSync(ballast, 'a');
  for (let size = 65_536; size > 0; ) {
    try {
      if (writeSync(file, Buffer.alloc(size, 1)) < size) size >>= 1;
    } catch {
      size >>= 1;
    }
  }
  closeSync(file);
}

const statuses = new Map<string, number>();
const acknowledged: string[] = [];
const ciphertexts: (Uint8Array | undefined)[] = [];
let kms: KMS;
let KeyId: string | undefined;

async function attempt(number: number): Promise<boolean> {
  try {
    const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext: Buffer.from('plain') });
    ciphertexts.push(CiphertextBlob);
    const AliasName = `alias/disk-${number}`;
    await kms.createAlias({ AliasName, TargetKeyId: KeyId });
    acknowledged.push(AliasName);
    return true;
  } catch (error) {
    const status = error instanceof KMSServiceException ? error.$metadata.httpStatusCode : String(error);
    statuses.set(String(status), (statuses.get(String(status)) ?? 0) + 1);
    return false;
  }
}

async function health(endpoint: string): Promise<unknown> {
  const response = await fetch(`${endpoint}/healthz`);
  return [response.status, ((await response.json()) as { reason?: string }).reason];
}

async function healthy(endpoint: string): Promise<boolean> {
  for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline; await sleep(50))
    if ((await fetch(`${endpoint}/healthz`)).status === 200) return true;
  return false;
}

/** What `lockholm status` says once its small event fits no more into what is left of the last block. */
async function refusalOfStatus(): Promise<string | undefined> {
  for (let calls = 0; calls < 100; calls += 1) {
    const refusal = await callOperator(data, 'GetStatus', {}).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

let server = await startServer({ data });
const { endpoint } = server;
try {
  const credentials = readCredentials(server.credentialsFile);
  kms = new KMS({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  KeyId = (await kms.createKey({})).KeyMetadata?.KeyId;
  for (let i = 0; i < 10; i += 1) await attempt(i);
  const before = acknowledged.length;

  fill();
  for (let i = 100; i < 100 + TRIES; i += 1) await attempt(i);
  const whileFull = await health(endpoint);
  const grown = acknowledged.length - before;
  const toldWhileFull = await refusalOfStatus();
  truncateSync(ballast, statSync(ballast).size - LITTLE);
  for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline; await sleep(50))
    if (await attempt(150)) break;
  const withLittleRoom = await health(endpoint);
  rmSync(ballast);
  const recovers = await healthy(endpoint);
  const worksAgain = await attempt(200);

  fill();
  for (let i = 300; i < 310; i += 1) await attempt(i);
  await server.kill();
  const start = await startServer({ data, listen: new URL(endpoint).host }).then(
    async (started) => {
      server = started;
      return 'started';
    },
    (error: Error) => error.message,
  );
  rmSync(ballast);
  if (start !== 'started') server = await startServer({ data, listen: new URL(endpoint).host });
  const healthyInTheEnd = await healthy(endpoint);
  const lastWorks = await attempt(400);

  const listed = new Set<string | undefined>();
  for (const alias of (await kms.listAliases({ KeyId, Limit: 100 })).Aliases ?? [])
    listed.add(alias.AliasName);
  const lost = acknowledged.filter((name) => !listed.has(name));
  let opened = 0;
  for (const CiphertextBlob of ciphertexts)
    if (Buffer.from((await kms.decrypt({ CiphertextBlob })).Plaintext ?? []).toString() === 'plain')
      opened += 1;
  console.log(
    JSON.stringify({
      before,
      grown,
      statuses: Object.fromEntries(statuses),
      whileFull,
      toldWhileFull,
      withLittleRoom,
      recovers,
      worksAgain,
      start,
      healthyInTheEnd,
      lastWorks,
      lost,
      unopened: ciphertexts.length - opened,
    }),
  );
  kms.destroy();
} finally {
  const code = await server.stop();
  if (code !== 0) process.exitCode = 3;
}
