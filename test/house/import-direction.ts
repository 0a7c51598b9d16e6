/** Who may import whom: docs of the layout are in CONTRIBUTING.md, "Layout". */
import { posix } from 'node:path';

/** A folder of src/ imports only itself and those before it. */
export const order = [
  'core',
  'engine',
  'store',
  'audit',
  'identity',
  'wire',
  'kms',
  'cloudhsm',
  'hsm',
  'keystores',
  'xks-proxy',
  'storage',
  'custody',
  'operator',
  'cli',
  'server',
] as const;

interface Exception {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** Beside `order`. `from` and `to` are path prefixes in src/. */
const allowed: readonly Exception[] = [
  { from: '', to: 'hsm/client/', reason: 'whoever calls an HSM' },
  { from: '', to: 'hsm/protocol/', reason: 'what an HSM and its callers agree on' },
  { from: 'hsm/', to: 'engine/algorithms/', reason: 'one set of algorithms' },
  { from: 'hsm/', to: 'engine/gcm.ts', reason: 'one way to seal' },
  { from: 'hsm/', to: 'engine/kdf.ts', reason: 'one way to derive keys' },
  { from: 'hsm/', to: 'engine/random-pool.ts', reason: 'nonces in batches' },
  { from: 'server/', to: 'engine/seal/', reason: 'the supervisor fetches the seal for the engines' },
  { from: 'main.ts', to: '', reason: 'the entry composes the command line and the server' },
];

const within = (path: string, prefix: string): boolean => path.startsWith(prefix);

/** The folder of src/ that a path (from src/) is in, by its place in `order`. */
const rank = (path: string): number => order.findIndex((folder) => within(path, `${folder}/`));

/** Why the file may not import the specifier, or undefined when it may. Paths are relative to src/. */
export const forbiddenImport = (from: string, specifier: string): string | undefined => {
  if (!specifier.startsWith('.')) return undefined;
  const to = posix.join(posix.dirname(from), specifier);
  if (within(to, '..')) return `${from} imports ${specifier}, which is outside src/`;
  if (allowed.some((exception) => within(from, exception.from) && within(to, exception.to))) return undefined;
  const [fromRank, toRank] = [rank(from), rank(to)];
  if (fromRank === -1) return `${from} is in no folder of the layout`;
  if (toRank === -1) return `${from} imports ${to}, which is in no folder of the layout`;
  if (toRank > fromRank) return `${from} imports ${to}: ${order[toRank]}/ comes after ${order[fromRank]}/`;
  if (within(to, 'engine/') && fromRank !== toRank && !within(to, 'engine/protocol/')) {
    return `${from} imports ${to}: only engine/protocol/ may be imported from outside engine/`;
  }
  if (within(to, 'hsm/') && fromRank !== toRank) {
    return `${from} imports ${to}: only hsm/client/ and hsm/protocol/ may be imported from outside hsm/`;
  }
  return undefined;
};
