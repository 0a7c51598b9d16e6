import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { HsmConnection } from '../../src/hsm/client/connection.ts';
import { identityFingerprint } from '../../src/hsm/protocol/chain.ts';
import { hsmStates } from '../../src/hsm/protocol/values.ts';
import { makeCustomerCa } from '../support/customer-ca.ts';
import { ADMIN, ALICE, refusal, TestCluster } from '../support/hsm-cluster.ts';
import type { HostedHsm } from '../support/hsm-host.ts';

const cluster = new TestCluster();
let hsm: HostedHsm;
before(async () => {
  hsm = await cluster.first();
});
after(() => cluster.remove());

const ALONE = { alone: false };

test('a new HSM shows a signing request, and by its fingerprint says who it is', async () => {
  const { state, csr, identity } = await hsm.describe();
  assert.equal(state, 'uninitialized');
  assert.match(csr, /^-----BEGIN CERTIFICATE REQUEST-----/);
  const pinned = { identity: identityFingerprint(identity) };
  const connection = await HsmConnection.connect({ address: hsm.address, trust: pinned });
  const info = await connection.call('info', {});
  assert.equal(hsmStates[info.state], 'uninitialized');
  assert.equal(info.hsmId, hsm.plan.hsmId);
  assert.equal(await refusal(connection.call('activate', ADMIN)), 'state');
  connection.close();
  const other = { identity: '0'.repeat(64) };
  assert.equal(await refusal(HsmConnection.connect({ address: hsm.address, trust: other })), 'untrusted');
  assert.equal(await refusal(cluster.connect(hsm)), 'untrusted');
});

test('a certificate of another key or another CA does not initialize it', async () => {
  const ca = makeCustomerCa();
  const other = new TestCluster();
  try {
    const { csr } = await hsm.describe();
    const foreign = { certificate: ca.sign(csr), trustAnchor: cluster.ca.certificate };
    assert.equal(await refusal(hsm.asked.call('initialize', foreign)), 'refused');
    const notOurs = await other.first();
    const { csr: otherCsr } = await notOurs.describe();
    const wrongKey = { certificate: ca.sign(otherCsr), trustAnchor: ca.certificate };
    assert.equal(await refusal(hsm.asked.call('initialize', wrongKey)), 'refused');
    const noPem = { certificate: 'x', trustAnchor: ca.certificate };
    assert.equal(await refusal(hsm.asked.call('initialize', noPem)), 'refused');
  } finally {
    await other.remove();
    ca.remove();
  }
  assert.equal((await hsm.describe()).state, 'uninitialized');
});

test('it keeps what it is across a restart before activation', async () => {
  const { csr } = await hsm.describe();
  await hsm.stop();
  await hsm.start();
  assert.equal((await hsm.describe()).csr, csr);
  await cluster.initialize(hsm);
  await hsm.kill();
  await hsm.start();
  assert.equal((await hsm.describe()).state, 'initialized');
});

test('only who has the right trust anchor talks to it', async () => {
  const ca = makeCustomerCa();
  const trust = { anchor: ca.certificate, allowLocked: true };
  assert.equal(await refusal(HsmConnection.connect({ address: hsm.address, trust })), 'untrusted');
  const otherCluster = { anchor: cluster.ca.certificate, clusterId: 'cluster-other', allowLocked: true };
  assert.equal(
    await refusal(HsmConnection.connect({ address: hsm.address, trust: otherCluster })),
    'untrusted',
  );
  ca.remove();
});

test('activation gives an unlock code once, and the first administrator', async () => {
  const connection = await cluster.connect(hsm);
  assert.equal(await refusal(connection.call('login', { ...ADMIN, ...ALONE })), 'state');
  const weak = { user: 'admin', password: 'short' };
  assert.equal(await refusal(connection.call('activate', weak)), 'refused');
  const ends = await Promise.allSettled([
    connection.call('activate', ADMIN),
    connection.call('activate', ADMIN),
  ]);
  const codes = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value.unlockCode] : []));
  assert.equal(codes.length, 1);
  cluster.unlockCode = codes[0] ?? '';
  assert.match(cluster.unlockCode, /^(?:[0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$/);
  await connection.call('login', { ...ADMIN, ...ALONE });
  await connection.call('createUser', { ...ALICE, role: 1 });
  connection.close();
});

test('stopped, it is ciphertext, and only the unlock code opens it', async () => {
  const marker = 'a-label-to-look-for';
  const alice = await cluster.login(hsm);
  const { key } = await alice.call('generateKey', { label: marker, usage: 1, extractable: true });
  const aad = Buffer.from('context');
  const sealed = Buffer.from(
    (await alice.call('kmsEncrypt', { handle: key.handle, plaintext: Buffer.from('secret'), aad })).sealed,
  );
  await hsm.stop();
  const files = (['log', 'slot-a', 'slot-b', 'audit'] as const).map((name) => readFileSync(hsm.path(name)));
  for (const file of files) assert.equal(file.indexOf(marker), -1);
  for (const file of files) assert.equal(file.indexOf(cluster.unlockCode), -1);

  await hsm.start();
  assert.equal((await hsm.describe()).state, 'locked');
  assert.equal(await refusal(cluster.connect(hsm)), 'untrusted', 'passwords are for an unlocked HSM');
  const early = await cluster.connect(hsm, true);
  assert.equal(await refusal(early.call('login', { ...ALICE, ...ALONE })), 'state');
  const wrong = `${cluster.unlockCode.slice(0, -1)}${cluster.unlockCode.endsWith('0') ? '8' : '0'}`;
  assert.equal(await refusal(early.call('unlock', { code: wrong })), 'wrong-credential');
  assert.equal(await refusal(early.call('unlock', { code: '' })), 'wrong-credential');
  await early.call('unlock', { code: cluster.unlockCode.toLowerCase() });
  assert.equal(
    await refusal(early.call('login', { ...ALICE, ...ALONE })),
    'state',
    'a new connection is wanted',
  );
  const again = await cluster.login(hsm);
  const opened = await again.call('kmsDecrypt', { handle: key.handle, sealed, aad, check: false });
  assert.equal(Buffer.from(opened.plaintext).toString(), 'secret');
});

test('a new unlock code takes the place of the old one', async () => {
  const admin = await cluster.login(hsm, ADMIN);
  const { unlockCode } = await admin.call('replaceUnlockCode', {});
  await admin.call('confirmUnlockCode', { code: unlockCode });
  await hsm.kill();
  await hsm.start();
  assert.equal(await refusal(cluster.unlock(hsm)), 'wrong-credential');
  cluster.unlockCode = unlockCode;
  await cluster.unlock(hsm);
  assert.equal((await hsm.describe()).keys, 1);
});

test('in unattended mode it starts by itself, and back in attended mode it does not', async () => {
  const admin = await cluster.login(hsm, ADMIN);
  await admin.call('setMode', { mode: 1 });
  await hsm.kill();
  await hsm.start();
  assert.equal((await hsm.describe()).state, 'active');
  const again = await cluster.login(hsm, ADMIN);
  await again.call('setMode', { mode: 0 });
  await hsm.kill();
  await hsm.start();
  assert.equal((await hsm.describe()).state, 'locked');
  await cluster.unlock(hsm);
});

test('zeroized, it keeps nothing but its audit log', async () => {
  const admin = await cluster.login(hsm, ADMIN);
  const alice = await cluster.login(hsm);
  assert.equal(await refusal(alice.call('zeroize', { hsmId: hsm.plan.hsmId })), 'not-allowed');
  assert.equal(await refusal(admin.call('zeroize', { hsmId: 'hsm-other' })), 'refused');
  await admin.call('zeroize', { hsmId: hsm.plan.hsmId });
  await cluster.reaches(hsm, 'zeroized');
  assert.equal(readFileSync(hsm.path('log')).length, 0);
  await hsm.kill();
  await hsm.start();
  assert.equal((await hsm.describe()).state, 'zeroized');
  const { lines } = await hsm.asked.call('readAudit', { first: 1, limit: 500 });
  assert.ok(lines.some((line) => line.includes('"ZEROIZE"')));
});
