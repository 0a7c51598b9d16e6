import assert from 'node:assert/strict';
import {
  chmodSync,
  closeSync,
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
import { afterEach, beforeEach, test } from 'node:test';
import { createSealFile, openSealFile, readSeal } from '../../src/engine/seal/file.ts';
import { encodeSeal, parseSeal } from '../../src/engine/seal/format.ts';
import { hex, readVectors } from '../support/vectors.ts';

interface Vectors {
  readonly valid: { rootKey: string; text: string }[];
  readonly invalid: { name: string; text: string; problem: string }[];
}
const { valid, invalid } = readVectors<Vectors>('seal-file');
let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockholm-test-'));
  path = join(folder, 'seal');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('there are vectors of seal files', () => assert.deepEqual([valid.length, invalid.length], [1, 11]));

test('a seal of the vectors is written and read to the byte', () => {
  for (const { rootKey, text } of valid) {
    assert.equal(encodeSeal(hex(rootKey)).toString(), text);
    const parsed = parseSeal(Buffer.from(text));
    assert.ok('rootKey' in parsed);
    assert.equal(parsed.rootKey.toString('hex'), rootKey);
  }
});

for (const { name, text, problem } of invalid) {
  test(`no seal: ${name}`, () => {
    assert.deepEqual(parseSeal(Buffer.from(text)), { problem });
    writeFileSync(path, text, { mode: 0o600 });
    assert.throws(() => openSealFile(path), { name: 'SealError', code: problem });
    assert.equal(readFileSync(path, 'utf8'), text, 'nothing is overwritten');
  });
}

test('a new seal is private, whole, alone in its folder, and different each time', () => {
  createSealFile(path);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['seal']);
  const fd = openSealFile(path);
  const key = readSeal(fd);
  closeSync(fd);
  assert.equal(key.length, 32);
  createSealFile(`${path}2`);
  assert.notDeepEqual(readFileSync(path), readFileSync(`${path}2`));
});

test('a seal is never overwritten', () => {
  createSealFile(path);
  const before = readFileSync(path);
  assert.throws(() => createSealFile(path), { code: 'exists' });
  assert.deepEqual(readFileSync(path), before);
});

test('a seal that others may read or write is refused, and the message says what to do', () => {
  createSealFile(path);
  for (const mode of [0o640, 0o604, 0o620, 0o601]) {
    chmodSync(path, mode);
    assert.throws(() => openSealFile(path), { code: 'permissions', message: /chmod 600/ });
  }
});

test('a seal in a folder that others may write to is neither made nor used, unless only owners rename there', () => {
  createSealFile(path);
  for (const mode of [0o777, 0o720, 0o702]) {
    chmodSync(folder, mode);
    for (const act of [() => openSealFile(path), () => createSealFile(`${path}-${mode}`)])
      assert.throws(act, { code: 'permissions', message: /chmod go-w/ });
  }
  for (const mode of [0o1777, 0o755]) {
    chmodSync(folder, mode);
    closeSync(openSealFile(path));
  }
});

test('a missing seal, one through a symbolic link, and a folder are refused', () => {
  assert.throws(() => openSealFile(path), { code: 'missing', message: /--seal/ });
  createSealFile(path);
  symlinkSync(path, `${path}-link`);
  assert.throws(() => openSealFile(`${path}-link`), {
    code: 'unavailable',
    message: /symbolic link.*--seal/,
  });
  assert.throws(() => openSealFile(folder), { name: 'SealError' });
  assert.throws(() => createSealFile(join(folder, 'nowhere', 'seal')), { code: 'unavailable' });
  symlinkSync('circle', join(folder, 'circle'));
  assert.throws(() => createSealFile(join(folder, 'circle', 'seal')), { code: 'unavailable' });
});
