/** `lockholm custody` as its users run it: table, JSON by its schema, page, checks, paths. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
} from '@aws-sdk/client-kms';
import { factsSchema, parseFacts } from '../../src/custody/facts-file.ts';
import { reportPage } from '../../src/custody/html/page.ts';
import { judge } from '../../src/custody/judge.ts';
import type { Report } from '../../src/custody/report/report.ts';
import { reportSchema } from '../../src/custody/report/schema.ts';
import { schemaProblems } from '../support/json-schema.ts';
import { type RunningServer, startRunning } from './running.ts';

let server: RunningServer;
let arn: string;
before(async () => {
  const by = { 'declared-by': '<b>A</b>', 'declared-at': '2026-11-24' };
  server = await startRunning([
    { fact: 'party', party: '<script>"&\u202e', kind: 'root', owner: 'operator', ...by },
    { fact: 'law', party: 'staff', law: 'EU', ...by },
    { fact: 'party', party: 'release', kind: 'build', owner: 'vendor', ...by },
    { fact: 'chooses', party: 'release', process: 'engine', mode: 'auto', ...by },
  ]);
  const { KeyMetadata } = await server.kms.send(new CreateKeyCommand({}));
  arn = KeyMetadata?.Arn ?? '';
  await server.kms.send(new CreateAliasCommand({ AliasName: 'alias/payroll', TargetKeyId: arn }));
  await server.kms.send(new EncryptCommand({ KeyId: arn, Plaintext: Buffer.from('x') }));
  await server.kms.send(new GenerateDataKeyCommand({ KeyId: arn, KeySpec: 'AES_256' }));
});
after(() => server.stop());

test('the JSON is what its schema says, of one key and of everything, and its facts give the same verdicts', async () => {
  for (const report of [await server.report('alias/payroll'), await server.report()]) {
    assert.deepEqual(schemaProblems(reportSchema(), report), []);
    const [subject] = report.subjects;
    assert.deepEqual([subject?.name, subject?.aliases, subject?.state], [arn, ['alias/payroll'], 'Enabled']);
    const file = { at: report.validAt.time, facts: subject?.facts };
    assert.deepEqual(schemaProblems(factsSchema(), file), []);
    assert.ok(judge(parseFacts(JSON.stringify(file)), { key: arn }));
    assert.equal(report.validAt.logHead.length, 64);
    const principal = 'arn:aws:iam::000000000000:root';
    const received = [{ principal, dataKeys: 1, plaintexts: 0 }];
    assert.deepEqual(subject?.handedOut, { ciphertexts: 2, received });
    assert.ok(subject?.facts.some((fact) => fact.fact === 'handed' && fact.n === 1));
    const [first] = subject?.rows ?? [];
    assert.equal(first?.cells.M.text, 'alone', 'the weakest first');
  }
  assert.deepEqual(schemaProblems(reportSchema(), { ...(await server.report()), more: 1 }), [
    'report has more',
  ]);
});

test('the published schemas are those of the code', () => {
  for (const [name, schema] of [
    ['custody-report', reportSchema()],
    ['custody-facts', factsSchema()],
  ] as const) {
    const path = join(import.meta.dirname, '..', '..', 'schemas', `${name}.json`);
    assert.deepEqual(
      JSON.parse(readFileSync(path, 'utf8')),
      JSON.parse(JSON.stringify(schema)),
      'npm run generate',
    );
  }
});

test('the table names actors, cells, costs, what is declared and what is not known', async () => {
  const { stdout, code } = await server.custody('report', 'alias/payroll');
  assert.equal(code, 0);
  for (const wanted of [
    /^ {2}operator-as-one +alone +alone +alone$/m,
    /^ {2}release +O\., then alone/m,
    /^ {2}authority:EU /m,
    /two HSMs for a year/,
    /arn:aws:iam::000000000000:root: 1 data keys in clear, 0 plaintexts/,
    /law\(staff, EU\), by <b>A<\/b>, 2026-11-24/,
    /root\(<script>"&\\u202e, \S+\): nobody says whose host this is/,
    /Valid at 20.* journal: \d+ entries, head/,
  ])
    assert.match(stdout, wanted);
  assert.ok(stdout.split('\n').every((line) => line.length <= 120));
});

test('the page is whole, escapes every name, and asks for nothing from elsewhere', async () => {
  const path = join(server.folder, 'page.html');
  const { code, stderr } = await server.custody('report', '--html', path);
  assert.equal(code, 0, stderr);
  const page = await readFile(path, 'utf8');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.doesNotMatch(page, /<script|<b>A|\u202e/);
  assert.match(page, /&lt;script&gt;&quot;&amp;\\u202e/);
  assert.doesNotMatch(page, /(?:src|href)=(?!"#)|url\(|@import/i);
  assert.match(page, /Content-Security-Policy" content="default-src 'none'/);
  assertBalanced(page);
  for (const wanted of [
    '<svg',
    '@page { size: A4',
    'prefers-color-scheme: dark',
    'Commonly said',
    'no legal advice',
  ])
    assert.ok(page.includes(wanted), wanted);
});

test('of several subjects the page shows the main answers at a glance', async () => {
  const { stdout } = await server.custody('report', '--json');
  const report = JSON.parse(stdout) as Report;
  const one = reportPage(report);
  assert.doesNotMatch(one, /At a glance/);
  const page = reportPage({ ...report, subjects: [...report.subjects, ...report.subjects] });
  assertBalanced(page);
  assert.match(page, /At a glance/);
  assert.match(page, /href="#subject-2"/);
  assert.match(page, /data-label="operator-as-one">alone \/ alone</);
});

/** Each element that is opened is closed, in order. */
function assertBalanced(page: string): void {
  const open: string[] = [];
  const alone = new Set(['meta', 'br', '!doctype']);
  for (const [, slash, name = '', rest = ''] of page.matchAll(/<(\/?)([!a-z0-9]+)([^>]*)>/gi)) {
    if (alone.has(name) || rest.endsWith('/')) continue;
    if (slash === '') open.push(name);
    else assert.equal(open.pop(), name);
  }
  assert.deepEqual(open, []);
}

test('a condition that holds fails with an exit code of its own; unknown words are refused', async () => {
  const codes: (readonly [number, readonly string[], RegExp])[] = [
    [3, ['operator-as-one material alone'], /operator-as-one material alone: arn:.*: operator-as-one: alone/],
    [0, ['staff material alone'], /^$/],
    [3, ['staff material alone', 'staff material needs-O'], /staff material needs-O: .*: staff: O\./],
    [0, ['staff material needs-K+T'], /^$/],
    // From the next start.
    [3, ['release use alone'], /release use alone/],
    [2, ['somebody material alone'], /no actor somebody/],
    [2, ['host-provider material alone'], /nobody of kind host-provider is declared/],
    [2, ['staff matter alone'], /QUESTION is one of material, use, plaintext/],
    [2, ['staff material lonely'], /ANSWER is one of/],
    [2, ['staff material'], /three words/],
    [2, ['staff material constructor'], /ANSWER is one of/],
  ];
  for (const [expected, conditions, said] of codes) {
    const flags = conditions.flatMap((condition) => ['--fail-if', condition]);
    const { code, stderr } = await server.custody('report', arn, ...flags);
    assert.equal(code, expected, `${conditions}: ${stderr}`);
    assert.match(stderr, said);
  }
});

test('a cell is explained by rules and facts, each with what it rests on', async () => {
  const explain = (...args: readonly string[]) => server.custody('explain', 'alias/payroll', ...args);
  const { stdout, code } = await explain('--actor', 'service-account', '--question', 'material');
  assert.equal(code, 0);
  assert.match(stdout, /^arn:.*: service-account, material: alone$/m);
  assert.match(stdout, /inside\(engine\) +\[rule 4\]/);
  assert.match(stdout, /account\(service-account, .*\): enforced by the operating system on/);
  const json = JSON.parse((await explain('--actor', 'release', '--question', 'U', '--json')).stdout);
  assert.match(json.FromNextStart[0].Lines.join('\n'), /\[rule 18\]/);
  assert.match(
    (await explain('--actor', 'nobody', '--question', 'U')).stderr,
    /has no actor nobody: it has /,
  );
  assert.equal((await explain('--actor', 'staff', '--question', 'X')).code, 2);
});

test('what there is not is said, and reading is journalled', async () => {
  for (const [subject, said] of [
    ['alias/none', /there is no key alias\/none/],
    [arn.replace(/.$/, arn.endsWith('0') ? '1' : '0'), /there is no key/],
    ['no-such-bucket', /no key and no bucket/],
    ['s3://no/thing', /no object thing in a bucket no/],
    ['sse-s3:000000000000', /stored nothing under SSE-S3/],
  ] as const) {
    const { code, stderr } = await server.custody('report', subject);
    assert.equal(code, 1);
    assert.match(stderr, said);
  }
  const { stdout } = await server.command('audit', 'tail', '--json');
  assert.match(stdout, /ReportCustody/);
});
