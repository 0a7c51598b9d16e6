/** What the host keeps, to the byte: docs/formats/hsm-host.md. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { hostSecretOf } from '../../src/engine/seal/host-secret.ts';
import { closeAll, eraseHsmFiles, openHsmFiles } from '../../src/server/hsm-host/files.ts';
import { Marks } from '../../src/server/hsm-host/marks.ts';
import { hex, readVectors } from '../support/vectors.ts';

interface Vectors {
  readonly secrets: { seal: string; family: string; secret: string }[];
  readonly marks: { text: string; records: number; tag: string; changes: number; saved: number }[];
  readonly notMarks: string[];
}
const HSM = 'hsm-abcdefghijk';
const { secrets, marks, notMarks } = readVectors<Vectors>('hsm-host');
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockholm-hsm-host-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const markPath = () => join(folder, 'hsm-marks', HSM);
function placeMark(text: string): void {
  mkdirSync(join(folder, 'hsm-marks'), { recursive: true });
  writeFileSync(markPath(), text);
}

test('there are vectors of secrets and marks', () =>
  assert.deepEqual([secrets.length, marks.length, notMarks.length], [1, 1, 5]));

test('the secret of a family is derived from the seal', () => {
  for (const { seal, family, secret } of secrets) {
    const path = join(folder, 'seal');
    writeFileSync(path, seal, { mode: 0o600 });
    assert.equal(hostSecretOf(path, family).toString('hex'), secret);
    assert.notEqual(hostSecretOf(path, `${family}x`).toString('hex'), secret);
  }
});

test('marks are written and read to the byte', async () => {
  for (const { text, tag, ...numbers } of marks) {
    const mark = { ...numbers, tag: hex(tag) };
    await new Marks(folder).set(HSM, mark);
    assert.equal(readFileSync(markPath(), 'utf8'), text);
    assert.equal(statSync(markPath()).mode & 0o777, 0o600);
    assert.deepEqual(new Marks(folder).get(HSM), mark);
  }
});

test('what is no mark is refused, not taken for none', () => {
  for (const text of notMarks) {
    placeMark(text);
    assert.throws(() => new Marks(folder).get(HSM), /is no mark/);
  }
});

test('of marks set at one time the last one stays', async () => {
  const all = new Marks(folder);
  const tag = Buffer.alloc(16, 1);
  await Promise.all(Array.from({ length: 20 }, (_, i) => all.set(HSM, { records: i, tag, changes: i })));
  assert.equal(new Marks(folder).get(HSM).records, 19);
  assert.deepEqual(readdirSync(join(folder, 'hsm-marks')), [HSM]);
  await all.remove(HSM);
  assert.deepEqual(all.get(HSM), { records: 0, tag: Buffer.alloc(16), changes: 0, saved: 0 });
});

test("an HSM's files are private, and nothing of them is left when it is removed", () => {
  const files = openHsmFiles(folder, HSM);
  const own = join(folder, 'hsm', HSM);
  assert.equal(statSync(own).mode & 0o777, 0o700);
  for (const name of ['log', 'slot-a', 'slot-b', 'audit'])
    assert.equal(statSync(join(own, name)).mode & 0o777, 0o600);
  const [log] = files;
  writeFileSync(log, 'something');
  eraseHsmFiles(folder, HSM);
  assert.equal(existsSync(own), false);
  // What was open still shows what is on the disk.
  assert.deepEqual(readFileSync(`/proc/self/fd/${log}`), Buffer.alloc(9));
  closeAll(files);
});
