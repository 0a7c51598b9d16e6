/** Runs the commands of docs/who-can-read-it.md: the tour as a reader starts it, and the report of a server. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CreateKeyCommand } from '@aws-sdk/client-kms';
import { kmsClient, root } from '../clients/environment.ts';
import { lockholmFunction, runShell, shellBlocks } from '../support/documents.ts';
import { startServer } from '../support/server.ts';

const page = 'docs/who-can-read-it.md';
const [tour = '', report = ''] = shellBlocks(page);

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockholm-tour-page-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Of the page's table: `5s` -> what it says of material and of use. */
const promised = (): readonly (readonly [string, string, string])[] =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^\| (\w+) \| .* \| (.*) \| (.*) \|$/gm)].map(
    ([, number = '', material = '', use = '']) => [number, plain(material), plain(use)],
  );
const plain = (cell: string): string => cell.replaceAll('*', '').toLowerCase();

/** Of the tour's output: likewise, in its order. */
const obtained = (stdout: string): readonly (readonly [string, string, string])[] =>
  [
    ...stdout.matchAll(
      /^ {2}(\d\w?) +\S.*\n(?: {4}.*\n)*? {4}= key material \/ use of the key +(.*) \/ (.*)$/gm,
    ),
  ].map(([, number = '', material = '', use = '']) => [number, plain(material), plain(use)]);

const TOUR_MS = 300_000;

test('the tour comes out as the page says, and leaves nothing but two pages', {
  timeout: TOUR_MS,
}, async () => {
  const env = { PATH: process.env.PATH ?? '', HOME: folder, TMPDIR: folder, NO_UPDATE_NOTIFIER: '1' };
  const { code, stdout, stderr } = await runShell(tour, { cwd: root, env });
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  const found = obtained(stdout);
  assert.equal(found.length, 8, stdout);
  for (const [number, material, use] of promised())
    for (const one of found.filter((each) => each[0] === number))
      assert.deepEqual(one, [number, material, use], stdout);
  assert.deepEqual(new Set(found.map(([number]) => number)), new Set(promised().map(([number]) => number)));
  assert.match(stdout, /as the tenant brought it/);
  assert.match(stdout, /the HSM, as kmsuser, its password opened +OBTAINED/);
  assert.equal(stdout.match(/^ {4}NOT ATTEMPTED +reading the memory/gm)?.length, 8);
  assert.match(stdout, /^ {2}5s +.*T \/ T +T \/ T +T \/ T/m);
  assert.match(stdout, /\$28032\.00 {2}two HSMs for a year/);

  const [left = '', ...more] = (await readdir(folder)).filter((name) => name.startsWith('lockholm-'));
  assert.deepEqual(more, []);
  assert.match(left, /^lockholm-custody-/);
  const pages = await readdir(join(folder, left));
  assert.equal(pages.length, 2);
  for (const name of pages) {
    assert.ok(stdout.includes(join(folder, left, name)));
    assert.match(await readFile(join(folder, left, name), 'utf8'), /^<!doctype html>/);
  }
});

test('the report of a server of one’s own', async () => {
  const server = await startServer();
  const kms = kmsClient(server);
  try {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    const { code, stdout, stderr } = await runShell(`${lockholmFunction}\n${report}`, {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', LOCKHOLM_DATA: server.data, KEY: KeyMetadata?.KeyId ?? '' },
    });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /operator-as-one +alone +alone/);
    assert.match(stdout, /operator-as-one, material: alone/);
  } finally {
    kms.destroy();
    await server.stop();
  }
});
