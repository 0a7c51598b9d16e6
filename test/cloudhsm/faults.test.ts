/** What is killed comes back: HSMs, their host, the front, the whole server; and what must not come back by itself does not. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { DeleteHsmCommand, DescribeClustersCommand, TagResourceCommand } from '@aws-sdk/client-cloudhsm-v2';
import { cloudHsmClient, HsmUser, refusedWith, until } from '../support/cloudhsm.ts';
import { killHsm, killProcesses } from '../support/processes.ts';
import { startServer, type TestServer } from '../support/server.ts';

const UNATTENDED = { TagList: [{ Key: 'lockholm:mode', Value: 'unattended' }] };
const KEY = { label: 'kept', usage: 0, extractable: false };
const BOB = { user: 'bob', password: 'bob-password' };

let server: TestServer;
let user: HsmUser;

async function makeKey(id: string, hsm: string): Promise<string> {
  const admin = await user.login(id, hsm);
  await admin.call('createUser', { ...BOB, role: 1 }).catch(() => undefined);
  const bob = await user.login(id, hsm, BOB);
  return (await bob.call('generateKey', KEY)).key.handle;
}

async function hasKey(id: string, hsm: string, handle: string): Promise<void> {
  const bob = await user.login(id, hsm, BOB);
  assert.equal((await bob.call('describeKey', { handle })).key.label, KEY.label);
}

async function listed(id: string, hsm: string): Promise<number> {
  const bob = await user.login(id, hsm, BOB);
  return (await bob.call('findKeys', { label: '', after: '', limit: 100 })).keys.length;
}

describe('on one server', () => {
  before(async () => {
    server = await startServer();
    user = new HsmUser(server);
  });
  after(async () => {
    user.close();
    await server.stop();
  });

  let id = '';
  let hsm = '';
  let handle = '';

  test('an attended HSM that is killed is ciphertext until its tenant unlocks it', async () => {
    ({ id, hsm } = await user.active());
    handle = await makeKey(id, hsm);
    await user.readyBackups(id, 1);
    killProcesses(server.pid, 'hsm/main');
    const { StateMessage = '' } = await user.hsmReaches(id, hsm, 'DEGRADED', /^Locked/);
    assert.match(StateMessage, /lockholm hsm unlock --hsm 127\.96\./);
    assert.equal((await user.cluster(id))?.State, 'DEGRADED');
    await assert.rejects(user.connect(id, hsm), refusedWith('untrusted'));
    await user.unlock(id, hsm);
    await user.hsmReaches(id, hsm, 'ACTIVE');
    assert.equal((await user.cluster(id))?.State, 'ACTIVE');
    await hasKey(id, hsm, handle);
  });

  test('so is one whose host is killed, and it cannot be deleted then, unless that is said', async () => {
    handle = await makeKey(id, hsm);
    killProcesses(server.pid, 'hsm-host/main');
    await user.hsmReaches(id, hsm, 'DEGRADED', /^Locked/);
    const remove = () => user.client.send(new DeleteHsmCommand({ ClusterId: id, HsmId: hsm }));
    await assert.rejects(remove(), /unlock it first/);
    await user.unlock(id, hsm);
    await user.hsmReaches(id, hsm, 'ACTIVE');
    await hasKey(id, hsm, handle);
    killProcesses(server.pid, 'hsm/main');
    await user.hsmReaches(id, hsm, 'DEGRADED', /^Locked/);
    const TagList = [{ Key: 'discard-hsm', Value: hsm }];
    await user.client.send(new TagResourceCommand({ ResourceId: id, TagList }));
    await user.deleteHsm(id, hsm);
  });

  test('an unattended HSM comes back by itself, and lets others in by itself', async () => {
    const made = await user.active(UNATTENDED);
    const key = await makeKey(made.id, made.hsm);
    killProcesses(server.pid, 'hsm/main');
    await user.hsmReaches(made.id, made.hsm, 'DEGRADED');
    await user.hsmReaches(made.id, made.hsm, 'ACTIVE');
    await hasKey(made.id, made.hsm, key);
    const second = await user.createHsm(made.id, 'us-east-1b');
    await user.hsmReaches(made.id, second, 'ACTIVE');
    await hasKey(made.id, second, key);

    killProcesses(server.pid, 'hsm-host/main');
    await user.hsmReaches(made.id, second, 'DEGRADED');
    for (const each of [made.hsm, second]) {
      await user.hsmReaches(made.id, each, 'ACTIVE');
      await hasKey(made.id, each, key);
    }
    // They find each other again: a new key is on both.
    const again = await until('a key on both', () =>
      makeKey(made.id, second).catch((error: { code: string }) => {
        assert.equal(error.code, 'members-down');
        return undefined;
      }),
    );
    await hasKey(made.id, made.hsm, again);
  });

  test('of two attended HSMs one is killed under load: no acknowledged key is lost, and it catches up', async () => {
    const made = await user.active();
    const second = await user.join(made.id, made.hsm);
    const admin = await user.login(made.id, second);
    await admin.call('createUser', { ...BOB, role: 1 });
    const bob = await user.login(made.id, second, BOB);
    const handles: string[] = [];
    let refusals = 0;
    const makeKeys = async (count: number) => {
      for (let i = 0; i < count; i += 1)
        await bob.call('generateKey', KEY).then(
          ({ key }) => handles.push(key.handle),
          (error: { code: string }) => {
            assert.equal(error.code, 'members-down');
            refusals += 1;
          },
        );
    };
    await makeKeys(3);
    const load = makeKeys(30);
    killHsm(server.pid, made.hsm);
    await load;
    assert.ok(handles.length >= 3 && refusals > 0);
    // Use goes on, and so do changes of users.
    await bob.call('describeKey', { handle: handles[0] ?? '' });
    assert.equal((await user.cluster(made.id))?.State, 'ACTIVE');
    await admin.call('createUser', { user: 'late', role: 1, password: BOB.password });

    await user.hsmReaches(made.id, made.hsm, 'DEGRADED', /^Locked/);
    await user.unlock(made.id, made.hsm);
    await user.hsmReaches(made.id, made.hsm, 'ACTIVE');
    for (const handle of handles) await hasKey(made.id, made.hsm, handle);
    await until('the late user', () =>
      user.login(made.id, made.hsm, { user: 'late', password: BOB.password }).catch(() => undefined),
    );
    await until('a key on both again', async () => {
      await makeKeys(1);
      return (await listed(made.id, made.hsm)) === handles.length || undefined;
    });
  });

  test('a front that is killed finds all as it is: the HSMs served on', async () => {
    const { Clusters = [] } = await user.client.send(new DescribeClustersCommand({}));
    const cluster = Clusters.find(({ Hsms = [] }) => Hsms.length > 0);
    const [active] = cluster?.Hsms ?? [];
    const bob = await user.login(cluster?.ClusterId ?? '', active?.HsmId ?? '', BOB);
    killProcesses(server.pid, 'server/front');
    assert.equal((await bob.call('findKeys', { label: '', after: '', limit: 9 })).keys.length > 0, true);
    // On another port, as the server was started with none.
    await until('an answer', async () => {
      const [endpoint = ''] = /http:\S+/.exec(readFileSync(server.configFile, 'utf8')) ?? [];
      user.client = cloudHsmClient({ ...server, endpoint });
      return user.cluster(cluster?.ClusterId ?? '').catch(() => undefined);
    });
    await user.hsmReaches(cluster?.ClusterId ?? '', active?.HsmId ?? '', 'ACTIVE');
    assert.equal((await bob.call('findKeys', { label: '', after: '', limit: 9 })).keys.length > 0, true);
  });
});
