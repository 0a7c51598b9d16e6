import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { root } from './source.ts';

const folder = mkdtempSync(join(tmpdir(), 'lockholm-build-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** What is published: dist/ beside package.json and the dependencies. */
const dist = join(folder, 'dist');
const filesOf = (path: string, ending: string) =>
  readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length))
    .sort();

test('the build has every source, every migration, and a program that runs', () => {
  execFileSync(process.execPath, [join(root, 'tools', 'build.mjs'), dist], { stdio: 'pipe' });
  writeFileSync(join(folder, 'package.json'), readFileSync(join(root, 'package.json')));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  assert.deepEqual(filesOf(dist, '.js'), filesOf(join(root, 'src'), '.ts'));
  assert.deepEqual(filesOf(dist, '.sql'), filesOf(join(root, 'src'), '.sql'));
  const program = join(dist, 'main.js');
  assert.match(readFileSync(program, 'utf8'), /^#!\/usr\/bin\/env node\n/);
  assert.ok(statSync(program).mode & 0o100);
  const bin = join(root, 'node_modules', '.bin');
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  assert.match(execFileSync(program, ['--help'], { encoding: 'utf8', env }), /lockholm/);
});
