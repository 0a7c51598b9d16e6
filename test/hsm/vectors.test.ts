import assert from 'node:assert/strict';
import { createSecretKey, X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openMessage } from '../../src/hsm/message-cipher.ts';
import { checkAudit } from '../../src/hsm/protocol/audit.ts';
import { readReceipt } from '../../src/hsm/protocol/receipts.ts';
import { parseCode, printCode } from '../../src/hsm/unlock-code.ts';
import { openWithHost, openWithUnlockKey, unlockKeyOf } from '../../src/hsm/wraps.ts';
import { HostedHsm } from '../support/hsm-host.ts';
import { readVectors } from '../support/vectors.ts';

interface Vectors {
  readonly unlockCodes: readonly { readonly bytes: string; readonly text: string }[];
  readonly hostWrap: { readonly hostSecret: string; readonly secret: string; readonly sealed: string };
  readonly unlockWrap: { readonly code: string; readonly secret: string; readonly wrapped: string };
  readonly message: Readonly<Record<'key' | 'aad' | 'plaintext' | 'sealed', string>>;
  readonly receipt: Readonly<Record<'anchor' | 'receipt' | 'type' | 'handle' | 'lineage', string>>;
  readonly store: {
    readonly hsmId: string;
    readonly clusterId: string;
    readonly mark: { readonly records: number; readonly tag: string; readonly changes: number };
    readonly keys: number;
    readonly users: number;
    readonly files: Readonly<Record<'log' | 'slot-a' | 'slot-b' | 'audit' | 'host-secret', string>>;
  };
  readonly backup: {
    readonly blob: string;
    readonly clusterCertificate: string;
    readonly hostSecret: string;
    readonly keys: number;
    readonly users: number;
  };
}
const kept = readVectors<Vectors>('hsm');
const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64');
const folder = mkdtempSync(join(tmpdir(), 'lockholm-hsm-'));
const hsms: HostedHsm[] = [];
after(async () => {
  await Promise.all(hsms.map((hsm) => hsm.kill()));
  rmSync(folder, { recursive: true, force: true });
});

test('unlock codes are printed and read as ever, and mistyped ones are told', () => {
  for (const { bytes: hex, text } of kept.unlockCodes) {
    assert.equal(printCode(Buffer.from(hex, 'hex')), text);
    assert.equal(
      parseCode(text.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o')).toString('hex'),
      hex,
    );
    for (let at = 0; at < text.length; at += 1) {
      if (text[at] === '-') continue;
      const other = text[at] === '7' ? '8' : '7';
      assert.throws(() => parseCode(text.slice(0, at) + other + text.slice(at + 1)), {
        code: 'wrong-credential',
      });
    }
  }
});

test('what opens the storage key, and messages, are opened as ever', () => {
  const { hostWrap, unlockWrap, message } = kept;
  const host = createSecretKey(bytes(hostWrap.hostSecret));
  const byHost = openWithHost(host, { kind: 1, data: bytes(hostWrap.sealed) });
  assert.deepEqual(byHost?.export(), bytes(hostWrap.secret));
  const unlockKey = unlockKeyOf(parseCode(unlockWrap.code));
  const byCode = openWithUnlockKey({ kind: 0, data: bytes(unlockWrap.wrapped) }, unlockKey);
  assert.deepEqual(byCode?.export(), bytes(unlockWrap.secret));
  const opened = openMessage(createSecretKey(bytes(message.key)), bytes(message.sealed), bytes(message.aad));
  assert.deepEqual(opened, bytes(message.plaintext));
});

test('a receipt is believed as ever', () => {
  const { anchor, receipt, type, handle, lineage } = kept.receipt;
  const stated = readReceipt(bytes(receipt), new X509Certificate(anchor));
  assert.ok(stated.type === 'export');
  assert.deepEqual([stated.type, stated.handle, stated.lineage], [type, handle, lineage]);
});

test('a store and its audit log are opened as ever', async () => {
  const { hsmId, clusterId, mark, files, keys, users } = kept.store;
  const own = join(folder, 'store');
  mkdirSync(own);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(own, name), bytes(content));
  assert.equal(checkAudit(bytes(files.audit).toString().trimEnd().split('\n')).problem, undefined);
  const hsm = new HostedHsm({ hsmId, clusterId, folder: own, beginning: 'first' });
  hsms.push(hsm);
  hsm.mark = { ...mark, tag: bytes(mark.tag) };
  await hsm.start();
  const told = await hsm.describe();
  assert.deepEqual([told.state, told.keys, told.users], ['active', keys, users]);
});

test('a backup is restored as ever', async () => {
  const { blob, clusterCertificate, hostSecret, keys, users } = kept.backup;
  const own = join(folder, 'restored');
  mkdirSync(own);
  writeFileSync(join(own, 'host-secret'), bytes(hostSecret));
  const hsm = new HostedHsm({ hsmId: 'hsm-2', clusterId: 'cluster-2', folder: own, beginning: 'restore' });
  hsms.push(hsm);
  await hsm.start();
  await hsm.asked.call('writeBackup', { part: bytes(blob) });
  await hsm.asked.call('restore', { clusterCertificate });
  const told = await hsm.describe();
  assert.deepEqual([told.state, told.keys, told.users], ['active', keys, users]);
});
