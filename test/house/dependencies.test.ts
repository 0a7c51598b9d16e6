import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read } from './source.ts';

interface Locked {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
}

const manifest: Record<string, unknown> = JSON.parse(read('package.json'));
const lock: { packages: Record<string, Locked> } = JSON.parse(read('package-lock.json'));
const installed = Object.entries(lock.packages).filter(([path]) => path !== '');

/** Licences that Apache-2.0 code may ship beside. */
const accepted = [
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  '0BSD',
  'BlueOak-1.0.0',
  'MIT OR Apache-2.0',
];

test('what is shipped has a licence that may be shipped', () => {
  const problems = installed
    .filter(([, { dev }]) => dev !== true)
    .filter(([, { license }]) => license === undefined || !accepted.includes(license))
    .map(([path, { license }]) => `${path}: ${license}`);
  assert.deepEqual(problems, []);
});

test('dependencies are pinned to exact versions, and locked with integrity', () => {
  const groups = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;
  for (const [name, version] of groups.flatMap((group) => Object.entries(manifest[group] ?? {}))) {
    assert.match(String(version), /^[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?$/, name);
  }
  assert.deepEqual(
    installed.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path),
    [],
  );
});

test('the pinned Node is the one that the types and engines speak of', () => {
  const optional = (manifest.optionalDependencies ?? {}) as Record<string, string>;
  const nodes = Object.entries(optional).filter(([name]) => name.startsWith('node-'));
  assert.ok(nodes.length >= 4);
  assert.equal(new Set(nodes.map(([, version]) => version)).size, 1);
  assert.equal(process.version, `v${nodes[0]?.[1]}`, 'these tests run on the pinned Node');
});
