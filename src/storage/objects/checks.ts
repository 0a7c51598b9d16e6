/** What a client says of its body, to be held against what comes: Content-MD5 and one checksum, in a header or trailer. */
import type { HttpHead } from '../../core/http-head.ts';
import type { Checksum } from '../envelope/manifest.ts';
import { type Algorithm, algorithms, newDigest, newMd5, sizes } from './digests.ts';
import { badDigest, invalidDigest, invalidRequest } from './errors.ts';
import type { Understood } from './operation.ts';

const PREFIX = 'x-amz-checksum-';
const NAMED = 'x-amz-sdk-checksum-algorithm';

export const checksumHeaders: Understood = {
  ...Object.fromEntries(algorithms.map((name) => [PREFIX + name, 'any' as const])),
  'x-amz-checksum-type': ['FULL_OBJECT'],
  [NAMED]: ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'],
};

export interface BodyChecks {
  /** Base64. */
  readonly md5?: string;
  /** Its value is that of a header; without one it comes as a trailing header. */
  readonly checksum?: { readonly algorithm: Algorithm; readonly value?: string };
}

/** `trailer`: the name of the trailing header that the body announces. */
export function bodyChecks(head: HttpHead, trailer?: string): BodyChecks {
  const md5 = head.get('content-md5');
  if (md5 !== undefined && Buffer.from(md5, 'base64').length !== 16)
    throw invalidDigest('The Content-MD5 you specified is not valid.');
  const given = algorithms.filter((name) => head.get(PREFIX + name) !== undefined);
  const trailing = trailer === undefined ? undefined : trailingAlgorithm(trailer);
  if (given.length + (trailing === undefined ? 0 : 1) > 1)
    throw invalidRequest(
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  const algorithm = given[0] ?? trailing;
  const named = head.get(NAMED)?.toLowerCase();
  if (algorithm !== undefined && named !== undefined && named !== algorithm)
    throw invalidRequest(`Value for ${NAMED} header is invalid.`);
  const value = given[0] && head.get(PREFIX + given[0]);
  if (value !== undefined) checkForm(given[0] as Algorithm, value);
  return {
    ...(md5 !== undefined && { md5 }),
    ...(algorithm !== undefined && { checksum: { algorithm, ...(value !== undefined && { value }) } }),
  };
}

function trailingAlgorithm(trailer: string): Algorithm {
  const found = algorithms.find((name) => PREFIX + name === trailer);
  if (found === undefined)
    throw invalidRequest('The value specified in the x-amz-trailer header is not supported');
  return found;
}

function checkForm(algorithm: Algorithm, value: string): void {
  if (Buffer.from(value, 'base64').length !== sizes[algorithm])
    throw invalidRequest(`Value for ${PREFIX}${algorithm} header is invalid.`);
}

/** Takes in a body piece by piece. */
export class BodyDigests {
  readonly #checks: BodyChecks;
  readonly #md5: ReturnType<typeof newMd5> | undefined;
  readonly #checksum: Awaited<ReturnType<typeof newDigest>> | undefined;

  private constructor(
    checks: BodyChecks,
    wantsMd5: boolean,
    checksum: Awaited<ReturnType<typeof newDigest>> | undefined,
  ) {
    this.#checks = checks;
    this.#md5 = wantsMd5 || checks.md5 !== undefined ? newMd5() : undefined;
    this.#checksum = checksum;
  }

  /** `wantsMd5`: also where no client gave it. */
  static async start(checks: BodyChecks, wantsMd5: boolean): Promise<BodyDigests> {
    const { checksum } = checks;
    return new BodyDigests(checks, wantsMd5, checksum && (await newDigest(checksum.algorithm)));
  }

  update(piece: Buffer): void {
    this.#md5?.update(piece);
    this.#checksum?.update(piece);
  }

  /** Throws BadDigest where the client said otherwise. */
  finish(trailers: ReadonlyMap<string, string>): { readonly md5?: string; readonly checksum?: Checksum } {
    const md5 = this.#md5?.digest();
    if (
      md5 !== undefined &&
      this.#checks.md5 !== undefined &&
      !md5.equals(Buffer.from(this.#checks.md5, 'base64'))
    )
      throw badDigest('The Content-MD5 you specified did not match what we received.');
    const checksum = this.#finishChecksum(trailers);
    return { ...(md5 && { md5: md5.toString('hex') }), ...(checksum && { checksum }) };
  }

  #finishChecksum(trailers: ReadonlyMap<string, string>): Checksum | undefined {
    const { checksum } = this.#checks;
    if (checksum === undefined || this.#checksum === undefined) return undefined;
    const { algorithm } = checksum;
    const given = checksum.value ?? trailers.get(PREFIX + algorithm) ?? '';
    checkForm(algorithm, given);
    const value = this.#checksum.digest();
    if (!value.equals(Buffer.from(given, 'base64')))
      throw badDigest(`The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`);
    return { algorithm, value: value.toString('base64') };
  }
}

/** Of a document that is whole in memory, which must have one of the two. Throws ServiceError. */
export async function checkDocument(head: HttpHead, body: Buffer): Promise<void> {
  const checks = bodyChecks(head);
  if (checks.md5 === undefined && checks.checksum === undefined)
    throw invalidRequest('Missing required header for this request: Content-MD5 OR x-amz-checksum-*');
  const digests = await BodyDigests.start(checks, false);
  digests.update(body);
  digests.finish(new Map());
}

export const checksumReply = ({ algorithm, value }: Checksum): readonly string[] => [
  PREFIX + algorithm,
  value,
  'x-amz-checksum-type',
  'FULL_OBJECT',
];
