import assert from 'node:assert/strict';
import { createSecretKey, type KeyObject } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { keyOf } from '../../src/hsm/keys.ts';
import { encodeValue } from '../../src/hsm/objects.ts';
import { HsmError } from '../../src/hsm/protocol/errors.ts';
import { type Facts, Store } from '../../src/hsm/store/store.ts';
import { type Change, Vault } from '../../src/hsm/vault.ts';

const folder = mkdtempSync(join(tmpdir(), 'lockholm-vault-'));
const fds: number[] = [];
after(() => {
  for (const fd of fds) closeSync(fd);
  rmSync(folder, { recursive: true });
});

/** A store on a disk that has room for a number of records more. */
class SmallStore extends Store {
  room = Number.POSITIVE_INFINITY;
  override append(content: Uint8Array): ReturnType<Store['append']> {
    if (this.room <= 0) throw new HsmError('full', 'no room');
    this.room -= 1;
    return super.append(content);
  }
}

const none = Buffer.alloc(0);
const facts: Omit<Facts, 'wraps'> = {
  clusterId: 'cluster',
  hsmId: 'a',
  mode: 0,
  tamperAnswer: 0,
  zeroized: false,
  lockedKey: none,
  lockedCertificate: '',
  clusterCertificate: '',
  trustAnchor: '',
  opensWith: none,
};

/** An empty vault, and how it is opened again from its files. */
function begin(hsmId: string): { vault: Vault; store: SmallStore; reopen: () => Vault } {
  const [log = 0, slotA = 0, slotB = 0] = ['log', 'a', 'b'].map((name) =>
    openSync(join(folder, `${hsmId}-${fds.length}-${name}`), 'w+', 0o600),
  );
  fds.push(log, slotA, slotB);
  const files = { log, slotA, slotB };
  const noAudit = () => ({ sequence: 0, hash: '' });
  let storageKey: KeyObject | undefined;
  const store = new SmallStore(files, noAudit);
  const vault = new Vault(hsmId, store);
  vault.rewrite(facts, (key) => {
    storageKey = key;
    return [];
  });
  const reopen = (): Vault => {
    const again = new SmallStore(files, noAudit);
    again.room = store.room;
    const opened = new Vault(hsmId, again);
    opened.replay(again.open(storageKey as KeyObject, () => undefined));
    return opened;
  };
  return { vault, store, reopen };
}

const newKey = () =>
  keyOf('alice', {
    label: 'k',
    usage: 'data',
    origin: 'generated',
    extractable: false,
    material: createSecretKey(Buffer.alloc(32, 7)),
  });
const user = { role: 1, salt: none, verifier: none, version: 'v' };
const all = new Map<string, number>();
const changeOf = (part: Partial<Change>): Change => ({
  kind: 3,
  id: 'bob',
  origin: 'b',
  sequence: 1,
  clock: 1,
  removed: false,
  content: encodeValue('user', user),
  ...part,
});

test('a key is deleted where there is no room to say so of its record, which is overwritten later', () => {
  const { vault, store, reopen } = begin('a');
  vault.put('key', '01', newKey());
  store.room = 1;
  vault.remove('key', '01');
  assert.equal(vault.get('key', '01'), undefined);
  assert.equal(vault.count('erased'), 0);
  assert.equal(vault.unerased, 1);
  assert.equal(reopen().count('key'), 0, 'a start without room is none with an altered log');
  store.room = 2;
  vault.put('share', '02/alice', {});
  assert.deepEqual([vault.count('erased'), vault.unerased], [1, 0]);
  assert.equal(reopen().count('erased'), 1);
});

test('what was changed before something failed is among what is told next', () => {
  const { vault, store } = begin('a');
  vault.put('share', '01/alice', {});
  const told = vault.sequence('a');
  store.room = 1;
  vault.remove('share', '01/alice');
  assert.throws(() => vault.put('share', '02/alice', {}), { code: 'full' });
  store.room = 1;
  vault.put('user', 'bob', user);
  assert.deepEqual(
    vault.madeSince(told).map(({ id, removed, sequence }) => [id, removed, sequence]),
    [
      ['01/alice', true, 2],
      ['bob', false, 3],
    ],
  );
  store.room = 1;
  vault.receive(changeOf({ id: 'other', sequence: 9 }));
  assert.deepEqual(vault.madeSince(3), [], 'what others made is theirs to tell');
});

test('a change that cannot be read is not stored', () => {
  const { vault, reopen } = begin('a');
  const { records } = vault.store.log.end;
  for (const content of [none, Buffer.alloc(3), Buffer.concat([encodeValue('user', user), Buffer.alloc(1)])])
    assert.throws(() => vault.receive(changeOf({ content })), { code: 'refused' });
  const broken = Buffer.from(encodeValue('key', newKey())).subarray(0, -1);
  assert.throws(() => vault.receive(changeOf({ kind: 5, content: broken })), { code: 'refused' });
  assert.equal(vault.store.log.end.records, records);
  assert.equal(vault.sequence('b'), 0);
  assert.equal(reopen().count('user'), 0);
});

test('of two changes of one clock a removal counts, whichever comes first, and after a start too', () => {
  const removal = changeOf({ removed: true, content: none });
  const change = changeOf({ origin: 'c' });
  for (const order of [
    [removal, change],
    [change, removal],
  ]) {
    const { vault, reopen } = begin('a');
    for (const each of order) vault.receive(each);
    for (const each of [vault, reopen()]) {
      assert.equal(each.get('user', 'bob'), undefined);
      assert.deepEqual([each.sequence('b'), each.sequence('c')], [1, 1]);
    }
  }
});

test('a change that lost to another removes nothing', () => {
  const { vault, reopen } = begin('a');
  vault.receive(changeOf({ origin: 'c', content: encodeValue('user', { ...user, version: 'c' }) }));
  vault.receive(changeOf({ origin: 'b' }));
  for (const each of [vault, reopen()]) {
    assert.equal(each.get('user', 'bob')?.version, 'c');
    assert.equal(each.sequence('b'), 1);
  }
});

test('changes whose place others took are known with the rest, after a start too', () => {
  const one = begin('a');
  const two = begin('b');
  const third = begin('c');
  one.vault.put('user', 'bob', user);
  for (const made of one.vault.lacking(all)) two.vault.receive(made);
  two.vault.put('user', 'bob', { ...user, version: 'second' });
  for (const made of two.vault.lacking(all)) third.vault.receive(made);
  assert.equal(third.vault.sequence('a'), 0, 'the change itself never comes');
  third.vault.know(two.vault.sequences);
  for (const each of [third.vault, third.reopen()]) assert.equal(each.sequence('a'), 1);
  const { records } = third.vault.store.log.end;
  third.vault.know(two.vault.sequences);
  assert.equal(third.vault.store.log.end.records, records, 'nothing new is not written');
});
