import assert from 'node:assert/strict';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { AuditLog } from '../../src/hsm/audit-log.ts';
import { newKey, signWith, spkiOfKey } from '../../src/hsm/certificates.ts';
import {
  auditLine,
  checkAudit,
  FIRST_PREVIOUS,
  lineHash,
  type Opcode,
} from '../../src/hsm/protocol/audit.ts';
import { Uses } from '../../src/hsm/uses.ts';

const folder = mkdtempSync(join(tmpdir(), 'lockholm-hsm-audit-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

function opened(content = ''): { fd: number; path: string } {
  files += 1;
  const path = join(folder, `${files}`);
  writeFileSync(path, content);
  return { fd: openSync(path, constants.O_RDWR), path };
}

/** A chain of entries, as an HSM wrote them but for the signatures. */
function longLog(count: number): string {
  let previous = FIRST_PREVIOUS;
  const lines: string[] = [];
  const identity = spkiOfKey(newKey()).toString('base64');
  const named = { opcode: 'IDENTITY', details: { identity } } as const;
  const signature = Buffer.alloc(71, 1).toString('base64');
  for (let sequence = 1; sequence <= count; sequence += 1) {
    const facts = {
      boot: 1 + Math.floor(sequence / 50_000),
      time: 1_700_000_000_000 + sequence,
      result: 'ok',
    };
    const details = { session: sequence, total: sequence };
    const uses = { opcode: 'KEY_USES', key: '0123456789abcdef', details } as const;
    const line = auditLine(
      { ...facts, sequence, ...(sequence === 1 ? named : uses), previous },
      undefined,
    ).replace(/-$/, signature);
    previous = lineHash(line);
    lines.push(line);
  }
  return `${lines.join('\n')}\n`;
}

test('of a long log the chain is checked at the start, and no signature, which would take minutes', () => {
  const text = longLog(120_000);
  assert.equal(checkAudit(text.split('\n').slice(0, 2)).problem?.problem, 'signature');
  const { fd, path } = opened(text);
  const log = new AuditLog(fd);
  assert.deepEqual([log.head.sequence, log.boot, log.usesBefore('0123456789abcdef')], [120_000, 4, 120_000]);
  const lines = text.trimEnd().split('\n');
  for (const first of [1, 2, 64, 65, 66, 119_999, 120_000]) {
    assert.deepEqual(log.read(first, 2), lines.slice(first - 1, first + 1), String(first));
  }
  assert.deepEqual(log.read(120_001, 1), []);
  assert.equal(log.read(1, 1000).length, 500);
  assert.ok(log.has({ sequence: 70_000, hash: lineHash(lines[69_999] ?? '') }));
  assert.ok(!log.has({ sequence: 70_000, hash: lineHash(lines[70_000] ?? '') }));
  log.write('STOP');
  assert.equal(log.read(120_001, 1).length, 1);
  closeSync(fd);

  const bytes = readFileSync(path);
  bytes[Math.floor(bytes.length / 2)] = 0x58;
  const altered = opened();
  writeFileSync(altered.path, bytes);
  assert.throws(() => new AuditLog(altered.fd), { code: 'tampered' });
  closeSync(altered.fd);
});

test('what follows the last whole line is cut off, and a line without end is refused', () => {
  const text = longLog(3);
  const torn = opened(`${text}{"boot":1`);
  assert.equal(new AuditLog(torn.fd).head.sequence, 3);
  assert.equal(statSync(torn.path).size, text.length);
  const endless = opened(text + 'x'.repeat(3 * 1024 * 1024));
  assert.throws(() => new AuditLog(endless.fd), { code: 'tampered' });
  for (const { fd } of [torn, endless]) closeSync(fd);
});

test('uses of a busy key are written down hourly, when it is deleted and at the end', ({ mock }) => {
  mock.timers.enable({ apis: ['setInterval'] });
  const { fd } = opened();
  const log = new AuditLog(fd);
  log.signWith(signWith(newKey()));
  const uses = new Uses(log);
  const use = (handle: string, count: number): void => {
    for (let i = 0; i < count; i += 1) uses.count(handle);
  };
  const DAY_S = 86_400;
  for (let second = 0; second < DAY_S; second += 10) {
    use('busy', 2);
    mock.timers.tick(10_000);
  }
  assert.ok(log.head.sequence <= 24, `${log.head.sequence} lines in a day`);
  use('gone', 3);
  uses.end('gone');
  use('busy', 1);
  uses.close();
  const last = log.read(log.head.sequence - 1, 2).map((line) => JSON.parse(line.split('\t')[0] ?? ''));
  assert.deepEqual(
    last.map(({ key, details }) => [key, details.total]),
    [
      ['gone', 3],
      ['busy', 17_281],
    ],
  );
  const again = new Uses(new AuditLog(fd));
  assert.deepEqual([again.total('busy'), again.total('gone')], [17_281, 3]);
  again.close();
  closeSync(fd);
});

test('only what an HSM does without its keys may be unsigned in its log', () => {
  const { fd } = opened();
  const log = new AuditLog(fd);
  log.write('START');
  assert.throws(() => log.write('LOGIN', { user: 'alice' }), { code: 'state' });
  const key = newKey();
  log.signWith(signWith(key));
  log.write('IDENTITY', { details: { identity: spkiOfKey(key).toString('base64') } });
  log.write('LOGIN', { user: 'alice' });
  const lines = [...log.read(1, 10)];
  assert.equal(checkAudit(lines).problem, undefined);
  const forged = (opcode: Opcode) =>
    auditLine(
      { sequence: 4, boot: 1, time: 1, opcode, result: 'ok', previous: lineHash(lines[2] ?? '') },
      undefined,
    );
  assert.equal(checkAudit([...lines, forged('STOP')]).problem, undefined);
  assert.deepEqual(checkAudit([...lines, forged('DELETE_KEY')]).problem, { at: 4, problem: 'signature' });
  assert.deepEqual(checkAudit([forged('IDENTITY')]).problem, { at: 4, problem: 'signature' });
  closeSync(fd);
});
