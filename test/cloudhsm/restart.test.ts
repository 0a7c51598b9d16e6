/** What a cluster is after the whole server was killed or stopped, and when its files are not what they were. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TagResourceCommand } from '@aws-sdk/client-cloudhsm-v2';
import { cloudHsmClient, HsmUser } from '../support/cloudhsm.ts';
import { processesOf } from '../support/processes.ts';
import { startServer, type TestServer } from '../support/server.ts';

const UNATTENDED = { TagList: [{ Key: 'lockholm:mode', Value: 'unattended' }] };
const BOB = { user: 'bob', password: 'bob-password' };

let folder = '';
let server: TestServer;
let user: HsmUser;
let id = '';
let hsm = '';
const handles: string[] = [];
const madeAt: number[] = [];

const start = async () => {
  server = await startServer({ data: join(folder, 'data') });
};
async function startAgain(): Promise<void> {
  await start();
  user.client = cloudHsmClient(server);
}
const filesOfHsm = () => join(server.data, 'hsm', hsm);

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockholm-cloudhsm-'));
  await start();
  user = new HsmUser(server);
});
after(async () => {
  user.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function makeKey(): Promise<void> {
  const bob = await user.login(id, hsm, BOB);
  handles.push((await bob.call('generateKey', { label: 'k', usage: 0, extractable: false })).key.handle);
  madeAt.push(Date.now());
}
async function hasAllKeys(): Promise<void> {
  const bob = await user.login(id, hsm, BOB);
  const { keys } = await bob.call('findKeys', { label: '', after: '', limit: 100 });
  assert.deepEqual(keys.map(({ handle }) => handle).sort(), handles.toSorted());
}

test('after a kill of the supervisor no process is left, and the next start has all', async () => {
  ({ id, hsm } = await user.active(UNATTENDED));
  const admin = await user.login(id, hsm);
  await admin.call('createUser', { ...BOB, role: 1 });
  await makeKey();
  assert.equal(processesOf(server.pid, 'hsm/main').length, 1);
  const below = ['hsm/main', 'hsm-host/main'].flatMap((program) => processesOf(server.pid, program));
  await server.kill();
  const alive = (pid: number) => {
    try {
      return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.[0] !== 'Z';
    } catch {
      return false;
    }
  };
  while (below.some(alive)) await new Promise((resolve) => setTimeout(resolve, 20));
  await startAgain();
  await user.hsmReaches(id, hsm, 'ACTIVE');
  await hasAllKeys();
});

test('what was being made when the server was killed is made by the next', async () => {
  const second = await user.createHsm(id, 'us-east-1b');
  await server.kill();
  await startAgain();
  await user.hsmReaches(id, second, 'ACTIVE');
  await user.hsmReaches(id, hsm, 'ACTIVE');
  await user.deleteHsm(id, second);
});

test('an HSM whose files were put back halts and says so; with them it goes on', async () => {
  await server.stop();
  const [before, now] = [join(folder, 'before'), join(folder, 'now')];
  cpSync(filesOfHsm(), before, { recursive: true });
  await startAgain();
  await user.hsmReaches(id, hsm, 'ACTIVE');
  await makeKey();
  await server.stop();
  cpSync(filesOfHsm(), now, { recursive: true });
  cpSync(before, filesOfHsm(), { recursive: true });
  await startAgain();
  await user.hsmReaches(id, hsm, 'DEGRADED', /^Halted: .*older/);
  await server.stop();
  cpSync(now, filesOfHsm(), { recursive: true });
  await startAgain();
  await user.hsmReaches(id, hsm, 'ACTIVE');
  await hasAllKeys();
});

test('an HSM whose files are gone does not begin anew', async () => {
  await server.stop();
  const [files, kept] = [filesOfHsm(), join(folder, 'taken-away')];
  renameSync(files, kept);
  await startAgain();
  await user.hsmReaches(id, hsm, 'DEGRADED', /files are gone/);
  assert.equal((await user.cluster(id))?.State, 'DEGRADED');
  await server.stop();
  rmSync(files, { recursive: true, force: true });
  renameSync(kept, files);
  await startAgain();
  await user.hsmReaches(id, hsm, 'ACTIVE');
  await hasAllKeys();
});

test('a changed byte in its log is found at the start', async () => {
  await server.stop();
  const log = join(filesOfHsm(), 'log');
  const bytes = readFileSync(log);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(log, bytes);
  await startAgain();
  const { StateMessage = '' } = await user.hsmReaches(id, hsm, 'DEGRADED', /altered/);
  // A backup holds less than it did, so it is not erased.
  assert.match(StateMessage, /^Halted/);
});

test('an HSM that is lost is deleted once that is said, and made again from the newest backup', async () => {
  await server.stop();
  rmSync(filesOfHsm(), { recursive: true });
  rmSync(join(server.data, 'hsm-marks', hsm));
  await startAgain();
  await user.hsmReaches(id, hsm, 'DEGRADED', /files are gone/);
  const [newest] = await user.readyBackups(id, 1);
  await assert.rejects(user.deleteHsm(id, hsm), /nothing else|only it holds/);
  const TagList = [{ Key: 'discard-hsm', Value: hsm }];
  await user.client.send(new TagResourceCommand({ ResourceId: id, TagList }));
  await user.deleteHsm(id, hsm);
  hsm = await user.createHsm(id);
  await user.hsmReaches(id, hsm, 'ACTIVE');
  const bob = await user.login(id, hsm, BOB);
  const { keys } = await bob.call('findKeys', { label: '', after: '', limit: 100 });
  const made = Number(newest?.CreateTimestamp);
  // What was made after the newest backup is lost, and nothing else.
  assert.deepEqual(
    keys.map(({ handle }) => handle).sort(),
    handles.filter((_, index) => (madeAt[index] ?? 0) < made).sort(),
  );
});
