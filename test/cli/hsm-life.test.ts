/** `lockholm hsm` over the life of a cluster: activation, unlocking, users, members, zeroization. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { identityFingerprint } from '../../src/hsm/protocol/chain.ts';
import { makeCustomerCa } from '../support/customer-ca.ts';
import { TestCluster } from '../support/hsm-cluster.ts';
import { HsmCommands } from '../support/hsm-command.ts';
import type { HostedHsm } from '../support/hsm-host.ts';

const cluster = new TestCluster();
let hsm: HostedHsm;
let commands: HsmCommands;
before(async () => {
  hsm = await cluster.first();
  commands = new HsmCommands(cluster, hsm);
});
after(() => cluster.remove());

interface Info {
  readonly hsms: readonly { 'hsm-id': string; state: string; proven: boolean; identity: string }[];
}
const code = (): string => readFileSync(commands.path('code.txt'), 'utf8').trim();

test('an HSM without a certificate is shown, and not believed', async () => {
  const { hsms } = await commands.json<Info>('info');
  const { identity } = await hsm.describe();
  assert.deepEqual(
    hsms.map((each) => [each['hsm-id'], each.state, each.proven, each.identity]),
    [[hsm.plan.hsmId, 'uninitialized', false, identityFingerprint(identity)]],
  );
  const shown = await commands.run(['info']);
  assert.match(shown.stdout, /proven +NO: anybody could say this/);
  await commands.fails(1, /Nothing was sent to it/, 'activate', '--password-file', 'admin.txt');
});

test('a command says what is missing', async () => {
  await commands.fails(2, /empty/, 'activate', '--password-file', commands.write('empty.txt', ''));
  await commands.failsInJson(2, /--password-file FILE \(- for standard input\)/, 'activate');
  await commands.fails(2, /cannot be read.*nowhere \(ENOENT\)/, 'activate', '--password-file', 'nowhere');
  const noHsm = await commands.run(['info'], { env: { LOCKHOLM_HSM: '' } });
  assert.equal(noHsm.code, 2);
  const badHsm = await commands.run(['info', '--hsm', 'here:there']);
  assert.deepEqual([badHsm.code, /takes a host and a port/.test(badHsm.stderr)], [2, true]);
  const down = await commands.run(['info', '--hsm', '127.0.0.1:1', '--json']);
  assert.equal(down.code, 1);
  assert.match(down.stdout, /ECONNREFUSED/);
  await commands.fails(2, /customerCA\.crt in the guide/, 'info', '--trust-anchor', 'nowhere');
});

test('activation of an unattended HSM is asked for by name, and the mode is shown', async () => {
  const other = new TestCluster('cluster-unattended0');
  try {
    const unattended = await other.first({ mode: 'unattended' });
    await other.initialize(unattended);
    const commands = new HsmCommands(other, unattended);
    const given = ['activate', '--password-file', 'admin.txt', '--unlock-code-file', 'code.txt'];
    await commands.fails(1, /is unattended.*Nothing was activated.*--unattended/, ...given);
    assert.equal((await unattended.describe()).activated, false);
    assert.ok(!existsSync(commands.path('code.txt')), 'no empty file is left');
    const done = await commands.run([...given, '--unattended']);
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stdout, /It is unattended\. .*whoever operates the server can open/);
  } finally {
    await other.remove();
  }
});

test('activation writes the unlock code into a file of its own, and never twice', async () => {
  await cluster.initialize(hsm);
  await commands.fails(
    1,
    /password has 7 to 32/,
    'activate',
    '--password-file',
    commands.write('weak.txt', 'short'),
  );
  const given = ['activate', '--password-file', 'admin.txt', '--unlock-code-file', 'code.txt'];
  const taken = commands.write('taken.txt', 'mine');
  await commands.fails(2, /is there already/, ...given.slice(0, -1), taken);
  assert.equal(readFileSync(taken, 'utf8'), 'mine');
  const done = await commands.run(given);
  assert.equal(done.code, 0, done.stderr);
  assert.match(
    done.stdout,
    /The cluster is active[\s\S]*It is attended[\s\S]*Keep it[\s\S]*nobody can make it again/,
  );
  assert.match(code(), /^(?:[0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$/);
  assert.equal(statSync(commands.path('code.txt')).mode & 0o777, 0o600);
  assert.doesNotMatch(done.stdout + done.stderr, new RegExp(code()));
  await commands.fails(
    1,
    /is active/,
    'activate',
    '--password-file',
    'admin.txt',
    '--unlock-code-file',
    'second.txt',
  );
  assert.ok(!existsSync(commands.path('second.txt')), 'no empty file is left');
});

test('users are made, listed, given passwords and deleted', async () => {
  const made = await commands.run(
    ['user', 'create', '--username', 'alice', '--role', 'crypto-user', '--user', 'admin', '--json'].concat([
      '--password-file',
      '-',
      '--new-password-file',
      '-',
    ]),
    { input: 'admin-password\nalice-password\n' },
  );
  assert.deepEqual(JSON.parse(made.stdout), {
    error_code: 0,
    data: { username: 'alice', role: 'crypto-user' },
  });
  const byEnvironment = await commands.run(['user', 'create', '--username', 'bob', '--role', 'admin'], {
    env: {
      LOCKHOLM_HSM_USER: 'admin',
      LOCKHOLM_HSM_PASSWORD: 'admin-password',
      LOCKHOLM_HSM_NEW_PASSWORD: 'bob-password',
    },
  });
  assert.equal(byEnvironment.stdout, 'bob was made, as admin.\n');
  const { users } = await commands.aliceJson<{ users: readonly Record<string, unknown>[] }>('user', 'list');
  assert.deepEqual(
    users.map(({ username, role, locked }) => [username, role, locked]),
    [
      ['admin', 'admin', 'false'],
      ['alice', 'crypto-user', 'false'],
      ['bob', 'admin', 'false'],
      ['app_user', 'internal(APPLIANCE_USER)', 'false'],
    ],
  );
  assert.match(await commands.admin('user', 'list'), /alice +crypto-user +no/);
  const alice = ['--user', 'alice', '--password-file', 'alice.txt'];
  await commands.fails(
    1,
    /for administrators only.*log in as the other/,
    'user',
    'delete',
    '--username',
    'bob',
    ...alice,
  );
  await commands.admin('user', 'delete', '--username', 'bob');
  commands.write('alice.txt', 'alice-password-2');
  await commands.admin('user', 'change-password', '--username', 'alice', '--new-password-file', 'alice.txt');
  await commands.alice('key', 'list');
  const owner = commands.write('own.txt', 'alice-password-3');
  await commands.alice('user', 'change-password', '--new-password-file', owner);
  commands.write('alice.txt', 'alice-password-3');
  await commands.alice('key', 'list');
});

test('five wrong passwords lock a user, whom an administrator unlocks', async () => {
  commands.write('wrong.txt', 'wrong-password');
  const wrong = ['key', 'list', '--user', 'alice', '--password-file', 'wrong.txt'];
  for (let i = 0; i < 5; i++) {
    const { code: exit, stderr } = await commands.run(wrong);
    assert.deepEqual([exit, /is wrong\. Five wrong ones/.test(stderr)], [1, true], stderr);
  }
  await commands.fails(
    1,
    /locked until an administrator.*change-password/,
    ...wrong.slice(0, -1),
    'alice.txt',
  );
  assert.match(await commands.admin('user', 'list'), /alice +crypto-user +LOCKED/);
  await commands.admin('user', 'change-password', '--username', 'alice', '--new-password-file', 'alice.txt');
  await commands.alice('key', 'list');
});

test('a password is never said', async () => {
  const { stdout, stderr } = await commands.run(
    ['key', 'list', '--user', 'nobody', '--password-file', 'alice.txt'],
    {
      env: { LOCKHOLM_DEBUG: '1' },
    },
  );
  assert.match(stderr, /no user nobody/);
  assert.doesNotMatch(stdout + stderr, /alice-password/);
});

test('a stopped HSM waits for the unlock code', async () => {
  await hsm.kill();
  await hsm.start();
  const { hsms } = await commands.json<Info>('info');
  assert.deepEqual([hsms[0]?.state, hsms[0]?.proven], ['locked', true]);
  const login = ['--user', 'alice', '--password-file', 'alice.txt'];
  await commands.fails(
    1,
    /is locked\. Give it the unlock code: lockholm hsm unlock/,
    'key',
    'list',
    ...login,
  );
  const wrong = commands.write(
    'wrong-code.txt',
    `${code().slice(0, -1)}${code().endsWith('0') ? '8' : '0'}\n`,
  );
  await commands.fails(1, /no unlock code: a character is wrong/, 'unlock', '--unlock-code-file', wrong);
  const opened = await commands.run(['unlock', '--unlock-code-file', '-'], { input: `${code()}\n` });
  assert.deepEqual([opened.code, opened.stdout], [0, `${hsm.plan.hsmId} is unlocked.\n`]);
  const again = await commands.json('unlock', '--unlock-code-file', 'code.txt');
  assert.deepEqual(again, { hsms: [{ 'hsm-id': hsm.plan.hsmId, 'was-locked': false }] });
  await commands.alice('key', 'list');
});

test('the unlock code is replaced, and the mode is changed', async () => {
  await commands.admin('unlock-code', 'replace', '--unlock-code-file', 'next.txt');
  assert.notEqual(readFileSync(commands.path('next.txt'), 'utf8').trim(), code());
  await commands.admin('mode', 'unattended');
  await hsm.kill();
  await hsm.start();
  assert.match(
    await commands.admin('mode', 'attended'),
    /ciphertext until somebody gives it the unlock code/,
  );
  await commands.admin('tamper-answer', 'halt');
  const { code: exit, stderr } = await commands.run(['mode', 'asleep']);
  assert.deepEqual([exit, /attended or unattended/.test(stderr)], [2, true]);
});

test('only who has the customer’s CA is talked to', async () => {
  const other = makeCustomerCa();
  try {
    const anchor = commands.write('other.crt', other.certificate);
    const login = ['--user', 'alice', '--password-file', 'alice.txt', '--trust-anchor', anchor];
    await commands.fails(1, /not of this trust anchor\. Nothing was sent/, 'key', 'list', ...login);
    const cluster = ['--cluster-id', 'cluster-other000000'];
    await commands.fails(
      1,
      /of cluster cluster-abcdefghijk/,
      'key',
      'list',
      ...login.slice(0, -2),
      ...cluster,
    );
  } finally {
    other.remove();
  }
});

test('an HSM that joins is approved by its identity alone', async () => {
  const joining = cluster.hsm('hsm-second234567', { beginning: 'join' });
  await joining.start();
  const { identity } = await joining.describe();
  const fingerprint = identityFingerprint(identity);
  const address = `127.0.0.1:${joining.address.port}`;
  const approve = ['member', 'approve', joining.plan.hsmId, '--joining', address];
  const login = ['--user', 'admin', '--password-file', 'admin.txt'];
  await commands.fails(
    2,
    new RegExp(`${fingerprint}[\\s\\S]*To approve it: --identity`),
    ...approve,
    ...login,
  );
  await commands.fails(1, /another than --identity says/, ...approve, ...login, '--identity', '0'.repeat(64));
  await commands.fails(1, /not hsm-x: nothing/, 'member', 'approve', 'hsm-x', ...approve.slice(3), ...login);
  await commands.admin(...approve, '--identity', fingerprint);
  await cluster.pair(hsm, joining);
  await cluster.reaches(joining, 'active');
  await cluster.live(hsm, joining.plan.hsmId);
  const { members } = await commands.adminJson<{ members: readonly Record<string, unknown>[] }>(
    'member',
    'list',
  );
  assert.deepEqual(members.map((each) => [each['hsm-id'], each.online]).sort(), [
    [hsm.plan.hsmId, true],
    [joining.plan.hsmId, true],
  ]);
  assert.match(
    await commands.admin('member', 'list'),
    new RegExp(`${joining.plan.hsmId} +yes +admin .*${fingerprint}`),
  );
});

test('zeroizing asks twice, and of a cluster for all its HSMs', async () => {
  const [, joined] = cluster.hsms;
  assert.ok(joined !== undefined);
  const both = new HsmCommands(cluster, hsm, joined);
  both.write('alice.txt', 'alice-password-3');
  const login = ['--user', 'admin', '--password-file', 'admin.txt'];
  await commands.fails(2, new RegExp(`has ${joined.plan.hsmId} too`), 'cluster', 'zeroize', ...login);
  await both.fails(2, /add --yes/, 'cluster', 'zeroize', ...login);
  await commands.fails(2, /None of the selected HSMs is hsm-x/, 'zeroize', 'hsm-x', ...login);
  await both.fails(2, /add --yes/, 'zeroize', joined.plan.hsmId, ...login);
  const shown = await both.run(['cluster', 'zeroize', '--yes', ...login]);
  assert.equal(shown.code, 0, shown.stderr);
  await cluster.reaches(hsm, 'zeroized');
  await cluster.reaches(joined, 'zeroized');
  await commands.fails(1, /holds nothing any more|Nothing was sent/, 'key', 'list', ...login);
});
