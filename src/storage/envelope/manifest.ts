/** What is known of an object once all of it was seen: canonical JSON, sealed (docs/formats/stored-object.md, "Manifest"). */
import { canonicalJson } from '../../core/canonical-json.ts';

export interface Checksum {
  /** As in `x-amz-checksum-<algorithm>`, in lower case. */
  readonly algorithm: string;
  /** Base64. */
  readonly value: string;
}

export interface Manifest {
  /** Bytes of plaintext. */
  readonly size: number;
  /** Hexadecimal; where it was computed. */
  readonly md5?: string;
  /** Where the client gave one. */
  readonly checksum?: Checksum;
}

const VERSION = 1;
const MD5 = /^[0-9a-f]{32}$/;
const ALGORITHM = /^[a-z0-9]{1,16}$/;
const BASE64 = /^[A-Za-z0-9+/]{1,128}={0,2}$/;

export const encodeManifest = (manifest: Manifest): Buffer =>
  Buffer.from(canonicalJson({ ...manifest, v: VERSION }));

/** Undefined for bytes that `encodeManifest` does not make. */
export function parseManifest(bytes: Uint8Array): Manifest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  const manifest = narrow(value);
  return manifest !== undefined && encodeManifest(manifest).equals(bytes) ? manifest : undefined;
}

function narrow(value: unknown): Manifest | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { size, md5, checksum, v } = value as Record<string, unknown>;
  if (v !== VERSION || !isSize(size)) return undefined;
  if (md5 !== undefined && !matches(md5, MD5)) return undefined;
  if (checksum === undefined) return md5 === undefined ? { size } : { size, md5 };
  if (typeof checksum !== 'object' || checksum === null) return undefined;
  const { algorithm, value: sum } = checksum as Record<string, unknown>;
  if (!matches(algorithm, ALGORITHM) || !matches(sum, BASE64)) return undefined;
  return { size, ...(md5 !== undefined && { md5 }), checksum: { algorithm, value: sum } };
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const matches = (value: unknown, form: RegExp): value is string =>
  typeof value === 'string' && form.test(value);
