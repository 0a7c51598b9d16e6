import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import type { AccessKey } from '../../src/identity/access-keys.ts';
import { prepareClients } from '../../src/server/first-start.ts';
import { JsonLog } from '../../src/wire/log.ts';
import { readCredentials } from '../clients/environment.ts';
import { region, startOperator, type TestOperator } from '../support/operator.ts';

const ENDPOINT = 'http://127.0.0.1:4566';
let operator: TestOperator;
let data: string;
let logged: string[] = [];

before(async () => {
  operator = await startOperator();
});
after(() => operator.stop());
/** Each test is a new data folder: its files are elsewhere, and its rows are removed. */
beforeEach(async () => {
  if (data !== undefined) rmSync(data, { recursive: true });
  data = mkdtempSync(join(tmpdir(), 'lockholm-first-'));
  logged = [];
  for (const table of ['account', 'access-key', 'setting'] as const) {
    const rows = await operator.rows.scan(table, '', { limit: 100 });
    await operator.rows.commit({ delete: rows.map(({ id, version }) => ({ table, id, version })) });
  }
});
after(() => rmSync(data, { recursive: true }));

const prepare = (endpoint = ENDPOINT) => {
  const { rows, events, parts } = operator;
  const log = new JsonLog('info', (line) => logged.push(line));
  return prepareClients({ rows, engine: parts.engine, events, data, endpoint, region, log });
};
const accessKeys = async () => {
  const rows = await operator.rows.scan<AccessKey>('access-key', '', { limit: 100 });
  return Object.fromEntries(rows.map(({ id, value }) => [id, value.status]));
};
const text = (name: string) => readFileSync(join(data, name), 'utf8');
const keyInFile = () => readCredentials(join(data, 'credentials')).accessKeyId;

test('a new data folder gets an account and the files of its clients, which nobody else can read', async () => {
  await prepare();
  assert.deepEqual(readdirSync(data).toSorted(), ['config', 'credentials']);
  for (const name of ['config', 'credentials']) {
    assert.equal(statSync(join(data, name)).mode & 0o777, 0o600, name);
  }
  assert.match(
    text('credentials'),
    /^\[default\]\naws_access_key_id = AKIA\w{16}\naws_secret_access_key = \S{40}\n$/,
  );
  assert.match(
    text('config'),
    /^#.*\n\[default\]\nregion = us-east-1\nendpoint_url = http:\/\/127.0.0.1:4566\n$/,
  );
  assert.deepEqual(await accessKeys(), { [keyInFile()]: 'Active' });
  const events = (await operator.journalled()).filter((event) => event.includes(keyInFile()));
  assert.equal(events.length, 1);
  assert.match(events[0] ?? '', /CreateAccount/);
  const { secretAccessKey } = readCredentials(join(data, 'credentials'));
  assert.ok(![...events, ...logged].some((line) => line.includes(secretAccessKey)));
});

test('at the next start they are the user’s: what was removed stays removed', async () => {
  await prepare();
  const keys = await accessKeys();
  rmSync(join(data, 'credentials'));
  rmSync(join(data, 'config'));
  await prepare();
  assert.deepEqual(readdirSync(data), []);
  assert.deepEqual(await accessKeys(), keys);
});

/** Where durable-file.ts writes before it renames; a folder there makes it fail. */
const obstacle = (name: string) => join(data, `${name}.${process.pid}.new`);

test('a server that died before the secret was in the file makes another key, and the lost one is off', async () => {
  mkdirSync(obstacle('credentials'));
  await assert.rejects(prepare());
  const [lost = ''] = Object.keys(await accessKeys());
  rmdirSync(obstacle('credentials'));
  await prepare();
  assert.notEqual(keyInFile(), lost);
  assert.deepEqual(await accessKeys(), { [lost]: 'Inactive', [keyInFile()]: 'Active' });
  assert.ok(
    (await operator.journalled()).some(
      (event) => event.includes('CreateAccessKey') && event.includes(keyInFile()),
    ),
  );
});

test('a server that died after the secret was in the file keeps it', async () => {
  mkdirSync(obstacle('config'));
  await assert.rejects(prepare());
  const kept = text('credentials');
  rmdirSync(obstacle('config'));
  await prepare();
  assert.equal(text('credentials'), kept);
  assert.deepEqual(await accessKeys(), { [keyInFile()]: 'Active' });
  assert.match(text('config'), /endpoint_url/);
});

test('credentials that were there before are kept under another name', async () => {
  writeFileSync(join(data, 'credentials'), '[default]\naws_access_key_id = AKIAMINE\n');
  await prepare();
  const kept = readdirSync(data).find((name) => name.endsWith('.old')) ?? '';
  assert.match(text(kept), /AKIAMINE/);
  assert.match(text('credentials'), /AKIA\w{16}/);
  assert.match(logged.join(''), /it is kept/);
});

test('the config follows the endpoint until somebody edits it', async () => {
  await prepare();
  await prepare('http://127.0.0.1:9999');
  assert.match(text('config'), /endpoint_url = http:\/\/127.0.0.1:9999\n/);
  const edited = text('config').replace('127.0.0.1:9999', 'kms.example.org');
  writeFileSync(join(data, 'config'), edited);
  await prepare('http://127.0.0.1:7777');
  assert.equal(text('config'), edited);
  assert.match(logged.join(''), /was edited and does not name this endpoint.*127.0.0.1:7777/);
});

test('a config that was there before is kept', async () => {
  writeFileSync(join(data, 'config'), '[default]\nregion = eu-west-1\n');
  await prepare();
  assert.equal(text('config'), '[default]\nregion = eu-west-1\n');
});
