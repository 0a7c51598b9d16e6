/** `lockholm hsm audit`: shown, kept, and checked without the HSM. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { lockholm } from '../support/command-line.ts';
import { TestCluster } from '../support/hsm-cluster.ts';
import { HsmCommands } from '../support/hsm-command.ts';

const cluster = new TestCluster();
let commands: HsmCommands;
before(async () => {
  commands = new HsmCommands(cluster, await cluster.active());
  const make = ['key', 'generate-symmetric', 'aes', '--label'];
  await commands.alice(...make, 'stays');
  await commands.alice(...make, 'leaves', '--extractable');
  await commands.alice(...make, 'wrapper', '--usage', 'wrap');
  const wrap = [
    'key',
    'wrap',
    'aes-kw',
    '--wrapping-filter',
    'attr.label=wrapper',
    '--path',
    'out',
    ...ALICE,
  ];
  await commands.fails(1, /never leaves/, ...wrap, '--payload-filter', 'attr.label=stays');
  await commands.alice(...wrap.slice(0, 7), '--payload-filter', 'attr.label=leaves');
});
after(() => cluster.remove());

const ALICE = ['--user', 'alice', '--password-file', 'alice.txt'];
const file = (name: string): Buffer => readFileSync(commands.path(name));

test('the audit log is shown, kept and checked without the HSM', async () => {
  const shown = await commands.run(['audit', 'list', '--json', ...ALICE]);
  const entries = shown.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    entries.map(({ sequence }) => sequence),
    entries.map((_, i) => i + 1),
  );
  const wraps = entries.filter(({ opcode }) => opcode === 'WRAP_KEY');
  assert.equal(wraps.filter(({ result }) => result === 'ok').length, 1);
  assert.equal(
    wraps.filter(({ result }) => result === 'not-extractable').length,
    1,
    'what was refused is there too',
  );
  assert.match(await commands.alice('audit', 'list', '--first', '2'), /^ +2 .* IDENTITY/);

  await commands.alice('audit', 'save', '--path', 'audit.log');
  const key = ['--public-key', 'audit.log.pem'];
  const whole = await verified('audit.log', ...key);
  assert.deepEqual(
    [whole.code, /follow each other and are signed/.test(whole.stdout)],
    [0, true],
    whole.stderr,
  );
  const part = commands.write('part.log', file('audit.log').toString().split('\n').slice(4, 9).join('\n'));
  assert.match((await verified(part, ...key)).stdout, /5 entries, 5 to 9,/);
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  commands.write('other.pem', publicKey.export({ type: 'spki', format: 'pem' }));
  const other = ['--public-key', 'other.pem'];
  for (const wrong of ['audit.log', part]) assert.equal((await verified(wrong, ...other)).code, 1);
});

test('an altered audit log is found out', async () => {
  const lines = file('audit.log').toString().split('\n');
  const [json = ''] = lines[4]?.replace('"boot":1', '"boot":2').split('\t') ?? [];
  // The first entry is START, which an HSM without its keys writes too.
  const [start = ''] = lines[0]?.replace('"boot":1', '"boot":2').split('\t') ?? [];
  const altered: readonly (readonly [RegExp, readonly string[]])[] = [
    [/entry 5 is missing/, lines.toSpliced(4, 1)],
    [/entry 2 does not follow/, lines.with(0, `${start}\t-`)],
    [/entry 5 is not signed/, lines.with(4, `${json}\t-`)],
    [/entry 5 is not signed/, lines.with(4, `${json}\t${lines[4]?.split('\t')[1]}`)],
    [/entry 3 is no entry/, lines.with(2, 'x')],
  ];
  for (const [problem, changed] of altered) {
    const path = commands.write('altered.log', changed.join('\n'));
    const { code, stdout, stderr } = await verified(path, '--public-key', 'audit.log.pem');
    assert.equal(code, 1, stdout);
    assert.match(stderr, problem);
  }
  const whole = lines.filter((line) => line !== '');
  const last = whole.length - 1;
  const stop = whole[last]?.split('\t')[0]?.replace(/"opcode":"[A-Z_]+"/, '"opcode":"STOP"');
  commands.write('altered.log', whole.with(last, `${stop}\t-`).join('\n'));
  const { stdout, stderr } = await verified('altered.log', '--public-key', 'audit.log.pem');
  assert.match(stdout, new RegExp(`entries after ${last} are covered by no signature`), stderr);
});

/** Without anything of the HSM. */
const verified = (log: string, ...key: readonly string[]) =>
  lockholm(['hsm', 'audit', 'verify', log, ...key], { cwd: commands.path('.') });
