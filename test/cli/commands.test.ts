import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { requireNode } from '../../src/cli/program.ts';
import { lockholmVersion } from '../../src/cli/version.ts';
import { DAY_MS } from '../../src/core/clock.ts';
import { schedule } from '../../src/store/jobs.ts';
import { lockholm } from '../support/command-line.ts';
import { startOperator, type TestOperator } from '../support/operator.ts';

const folder = mkdtempSync(join(tmpdir(), 'lockholm-cli-'));
let operator: TestOperator;
before(async () => {
  operator = await startOperator({ jobs: { destroy: { destructive: true, run: async () => undefined } } });
});
after(async () => {
  await operator.stop();
  rmSync(folder, { recursive: true });
});

/** On the server of these tests. */
const run = (...args: readonly string[]) => lockholm(args, { env: { LOCKHOLM_DATA: operator.data } });
async function json<T>(...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await run(...args, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as T;
}
async function fails(code: number, message: RegExp, ...args: readonly string[]): Promise<void> {
  const outcome = await run(...args);
  assert.equal(outcome.code, code, outcome.stderr);
  assert.match(outcome.stderr, message);
  assert.doesNotMatch(outcome.stderr, /^ {4}at /m, 'no stack');
  assert.equal(outcome.stdout, '');
}
interface Made {
  readonly AccountId: string;
  readonly AccessKey: { readonly AccessKeyId: string; readonly SecretAccessKey?: string };
}

test('version', async () => {
  const { stdout } = await run('version');
  assert.equal(stdout, `lockholm ${lockholmVersion()}, node ${process.versions.node}\n`);
  assert.deepEqual(await json('version'), { lockholm: lockholmVersion(), node: process.versions.node });
});

test('help and --version are known as words and as flags', async () => {
  const [byWord, byFlag] = [await run('help'), await run('--help')];
  assert.deepEqual([byWord.code, byWord.stdout], [0, byFlag.stdout]);
  assert.match((await run('help', 'status')).stdout, /^Usage: lockholm status/);
  assert.deepEqual(await run('--version'), await run('version'));
});

test('help ends with 0, a wrong command line with 2', async () => {
  const help = await run('--help');
  assert.equal(help.code, 0);
  for (const command of [
    'serve',
    'status',
    'account',
    'access-key',
    'audit',
    'backup',
    'clock',
    'custody',
    'domain',
    'hsm',
    'version',
  ]) {
    assert.match(help.stdout, new RegExp(`^  ${command}\\b`, 'm'));
  }
  await fails(2, /unknown option '--bogus'/, 'status', '--bogus');
  await fails(2, /unknown command 'statsu'[\s\S]*status/, 'statsu');
  await fails(2, /missing required argument/, 'account', 'create-access-key');
  await fails(2, /Usage: lockholm account/, 'account');
});

test('an empty path, as of an unset variable, is refused instead of being this folder', async () => {
  const empty = /is invalid.*It is empty: name a path, or \. for this folder/;
  await fails(2, empty, 'backup', 'create', '');
  await fails(2, empty, 'backup', 'verify', '');
  await fails(2, empty, 'backup', 'restore', '', '--data', folder);
  await fails(2, empty, 'backup', 'restore', folder, '--data', join(folder, 'new'), '--journal', '');
  await fails(2, empty, 'account', 'create', '--profile-file', '');
});

test('a receipt that is not there is named', async () => {
  const file = join(folder, 'none.receipt');
  await fails(2, /none\.receipt cannot be read \(ENOENT\)/, 'custody', 'receipt', 'add', file);
});

test('the help of serve lists each flag with its variable and default', async () => {
  const { stdout } = await lockholm(['serve', '--help'], { env: { COLUMNS: '200' } });
  const text = stdout.replace(/\s+/g, ' ');
  assert.match(text, /--listen <host:port> .*\(LOCKHOLM_LISTEN; default: 127\.0\.0\.1:4566\)/);
  assert.match(text, /--hsm-port <port> .*\(LOCKHOLM_HSM_PORT; default: 2223\)/);
  assert.match(text, /--seal <file> .*\(LOCKHOLM_SEAL; default: <data>\/seal\)/);
});

test('an older Node is refused: its sandbox is not one', () => {
  assert.throws(() => requireNode('24.21.0'), /runs on Node 26 or newer, and this is 24\.21\.0/);
  assert.doesNotThrow(() => requireNode('26.0.0'));
  assert.doesNotThrow(() => requireNode('100.1.0'));
});

test('status, for people and for programs', async () => {
  const { stdout, code } = await run('status');
  assert.equal(code, 0);
  assert.match(stdout, /^endpoint +http:\/\/127\.0\.0\.1:4566$/m);
  assert.match(stdout, /^seal +open, a file .*beside the data/m);
  const status = await json<{ Endpoint: string; Sealed: boolean }>('status');
  assert.deepEqual([status.Endpoint, status.Sealed], ['http://127.0.0.1:4566', false]);
});

test('the data folder comes from a flag, a variable or the settings file', async () => {
  const endpoint = /endpoint +http/;
  const config = join(folder, 'lockholm.yaml');
  writeFileSync(config, `data: ${operator.data}\n`);
  assert.match((await lockholm(['status', '--data', operator.data])).stdout, endpoint);
  assert.match((await lockholm(['status', '--config', config])).stdout, endpoint);
  assert.match((await lockholm(['status'], { env: { LOCKHOLM_CONFIG: config } })).stdout, endpoint);
  writeFileSync(config, 'dtaa: x\n');
  const wrong = await lockholm(['status', '--config', config]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /lockholm\.yaml:1: "dtaa" is no setting of Lockholm \(did you mean "data"\?\)/);
});

test('an account is made with its key shown once, for AWS clients', async () => {
  const { stdout, code } = await run('account', 'create', '--name', 'Treasury', '--id', '222233334444');
  assert.equal(code, 0);
  assert.match(
    stdout,
    /\[lockholm-222233334444\]\naws_access_key_id = AKIA\w{16}\naws_secret_access_key = \S{40}\n/,
  );
  assert.match(stdout, /\[profile lockholm-222233334444\]\nregion = us-east-1\nendpoint_url = http:\S+\n/);
  const listed = await run('account', 'list');
  assert.match(listed.stdout, /^ACCOUNT +CREATED +NAME\n(?:.*\n)*222233334444 +\S+ +Treasury$/m);
  await fails(1, /Account 222233334444 exists/, 'account', 'create', '--id', '222233334444');
});

test('a key goes into a file of credentials instead of the terminal', async () => {
  const file = join(folder, 'credentials');
  writeFileSync(file, '[other]\naws_access_key_id = A', { mode: 0o600 });
  const made = await json<Made & { Profile: string }>(
    'account',
    'create',
    '--profile-file',
    file,
    '--profile',
    'p1',
  );
  assert.equal(made.AccessKey.SecretAccessKey, undefined);
  assert.equal(made.Profile, 'p1');
  const text = readFileSync(file, 'utf8');
  assert.match(
    text,
    /^\[other\]\naws_access_key_id = A\n\n\[p1\]\naws_access_key_id = AKIA\w{16}\naws_secret_access_key = \S{40}\n$/,
  );
  const shown = await run('account', 'create-access-key', made.AccountId, '--profile-file', file);
  assert.match(shown.stdout, new RegExp(`profile lockholm-${made.AccountId} in `));
  for (const [secret] of readFileSync(file, 'utf8').matchAll(/(?<=secret_access_key = )\S+/g)) {
    assert.ok(!shown.stdout.includes(secret));
  }
});

test('a file that cannot take the key is refused before there is one', async () => {
  const file = join(folder, 'refused');
  const before = (await json<{ Accounts: readonly object[] }>('account', 'list')).Accounts.length;
  const create = ['account', 'create', '--profile-file', file, '--profile', 'taken'];
  writeFileSync(file, '[ taken ]\n', { mode: 0o600 });
  await fails(1, /has a profile taken already/, ...create);
  writeFileSync(file, '[free]\n');
  chmodSync(file, 0o644);
  await fails(1, /can be read by other users: run chmod 600/, ...create);
  await fails(1, /cannot be used/, 'account', 'create', '--profile-file', folder, '--profile', 'x');
  await fails(
    1,
    /cannot be used: ENOENT.*Name another file/,
    'account',
    'create',
    '--profile-file',
    join(folder, 'no', 'file'),
  );
  await fails(2, /A profile has letters/, 'account', 'create', '--profile', 'a]b');
  assert.equal((await json<{ Accounts: readonly object[] }>('account', 'list')).Accounts.length, before);
});

test('a new file of credentials is for its owner alone', async () => {
  const file = join(folder, 'new-credentials');
  assert.equal((await run('account', 'create', '--profile-file', file)).code, 0);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('access keys are listed, switched off and on', async () => {
  const { AccountId, AccessKey } = await json<Made>('account', 'create');
  const id = AccessKey.AccessKeyId;
  const statuses = async () => (await run('access-key', 'list', '--account', AccountId)).stdout;
  assert.match(await statuses(), new RegExp(`^${id} +${AccountId} +Active`, 'm'));
  assert.match(
    (await run('access-key', 'deactivate', id)).stdout,
    new RegExp(`^${id} of account ${AccountId} is Inactive`),
  );
  assert.match(await statuses(), new RegExp(`^${id} +${AccountId} +Inactive`, 'm'));
  await json('access-key', 'activate', id);
  assert.match(await statuses(), new RegExp(`^${id} +${AccountId} +Active`, 'm'));
  await fails(1, /no access key AKIAAAAAAAAAAAAAAAAA/, 'access-key', 'activate', 'AKIAAAAAAAAAAAAAAAAA');
});

test('the clock is acknowledged by somebody who says that it is right', async () => {
  const { clock, rows, runner } = operator;
  assert.match((await run('clock', 'acknowledge')).stdout, /not in doubt/);
  await rows.commit(schedule({ id: 'k', kind: 'destroy', due: clock.time, payload: {} }));
  await runner.poll();
  clock.time += 2 * DAY_MS;
  await rows.commit(schedule({ id: 'k2', kind: 'destroy', due: clock.time, payload: {} }));
  await runner.poll();
  await runner.poll();
  assert.match((await run('status')).stdout, /WAITING: destroy[\s\S]*lockholm clock acknowledge --yes/);
  await fails(
    2,
    /In doubt: [\s\S]*Waiting: destroy[\s\S]*lockholm clock acknowledge --yes/,
    'clock',
    'acknowledge',
  );
  assert.match((await run('clock', 'acknowledge', '--yes')).stdout, /is taken to be right/);
});

test('without a server, commands say how to start one', async () => {
  const idle = join(folder, 'idle data');
  const { code, stderr } = await lockholm(['status', '--data', idle]);
  assert.equal(code, 1);
  assert.match(stderr, /no data folder .*idle data/);
  assert.ok(!existsSync(idle));
  const none = await lockholm(['account', 'list', '--data', folder]);
  assert.match(none.stderr, /No server runs on the data folder .*\. Start it: lockholm serve --data /);
});

test('stacks are for those who ask for them', async () => {
  const { stderr } = await lockholm(['status', '--data', folder], { env: { LOCKHOLM_DEBUG: '1' } });
  assert.match(stderr, /^ {4}at /m);
});
