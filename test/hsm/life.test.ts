import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestCluster } from '../support/hsm-cluster.ts';

const cluster = new TestCluster();
before(() => cluster.active());
after(() => cluster.remove());

test('a crypto user makes a key and encrypts with it', async () => {
  const [hsm] = cluster.hsms;
  assert.ok(hsm);
  const alice = await cluster.login(hsm);
  const { key } = await alice.call('generateKey', { label: 'k1', usage: 0, extractable: false });
  const plaintext = Buffer.from('hello');
  const aad = Buffer.from('aad');
  const { iv, sealed } = await alice.call('encrypt', { handle: key.handle, plaintext, aad });
  const opened = await alice.call('decrypt', { handle: key.handle, iv, sealed, aad });
  assert.equal(Buffer.from(opened.plaintext).toString(), 'hello');
});
