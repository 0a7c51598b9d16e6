/** What a backup says of itself: docs/formats/backup.md, "Manifest". */
import { canonicalJson } from '../../core/canonical-json.ts';
import { BackupError, damagedBackup } from './errors.ts';

export const MANIFEST_FILE = 'manifest.json';
export const STORE_COPY = 'store.db';
/** The engine's MAC over the manifest: 33 bytes in hexadecimal digits and a line feed. */
export const MAC_FILE = 'manifest.mac';
const FORMAT = 1;

export interface BackupFile {
  /** From the backup's folder, with `/`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
}

export interface Manifest {
  readonly format: typeof FORMAT;
  readonly id: string;
  /** When the copy of the store was begun, milliseconds since the epoch. */
  readonly created: number;
  /** Version of the Lockholm that wrote it. */
  readonly lockholm: string;
  readonly store: {
    readonly schema: number;
    readonly position: string;
  };
  readonly journal: {
    readonly node: string;
    /** Index of the oldest entry. */
    readonly first: number;
    /** Index after the last entry. */
    readonly end: number;
    /** What entries before this one tell of is in the store. */
    readonly inStore: number;
    /** Hex leaf hash of entry `end` - 1. */
    readonly lastLeaf: string;
  };
  readonly domain: {
    readonly epoch: number;
    /** Ids of the domain keys that tokens in the store may be under. */
    readonly keys: readonly number[];
  };
  readonly files: readonly BackupFile[];
}

export const encodeManifest = (manifest: Manifest): Buffer => Buffer.from(`${canonicalJson(manifest)}\n`);

/** What the engine's MAC is over. */
export const manifestRow = (id: string, bytes: Uint8Array) => ({
  table: 'backup-manifest',
  id,
  version: FORMAT,
  content: bytes,
});

/** Throws BackupError: `damaged`, or `newer` when a later Lockholm wrote it. */
export function parseManifest(bytes: Uint8Array, backup: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    throw damagedBackup(backup, `${MANIFEST_FILE} is no JSON`);
  }
  const format = isObject(value) ? value.format : undefined;
  if (typeof format === 'number' && format > FORMAT)
    throw new BackupError(
      'newer',
      `backup ${backup} has format ${format}, this Lockholm knows formats up to ${FORMAT}: use the Lockholm that ` +
        'wrote it or a later one',
    );
  if (!isManifest(value)) throw damagedBackup(backup, `${MANIFEST_FILE} is incomplete`);
  return value;
}

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isText = (value: unknown, form: RegExp): boolean => typeof value === 'string' && form.test(value);
const HASH = /^[0-9a-f]{64}$/;
/** Names that lead nowhere else than into the backup. */
const FILE = /^(?:store\.db|journal\/(?:[0-9]{12}\.(?:log|bodies)|kept\.json))$/;

function isManifest(value: unknown): value is Manifest {
  if (!isObject(value)) return false;
  const { format, id, created, lockholm, store, journal, domain, files } = value;
  return (
    format === FORMAT &&
    isText(id, /^[0-9A-Za-z-]{1,64}$/) &&
    isCount(created) &&
    isText(lockholm, /^[\w.+-]{1,64}$/) &&
    isObject(store) &&
    isCount(store.schema) &&
    isText(store.position, /^[0-9]{1,20}$/) &&
    isObject(journal) &&
    isText(journal.node, /^[\w.:/@-]{1,64}$/) &&
    [journal.first, journal.end, journal.inStore].every(isCount) &&
    isText(journal.lastLeaf, HASH) &&
    isObject(domain) &&
    isCount(domain.epoch) &&
    Array.isArray(domain.keys) &&
    domain.keys.every(isCount) &&
    Array.isArray(files) &&
    files.every(isFile)
  );
}

const isFile = (value: unknown): value is BackupFile =>
  isObject(value) && isText(value.path, FILE) && isCount(value.size) && isText(value.sha256, HASH);
