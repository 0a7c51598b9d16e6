import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  freezeSettings,
  loadSettings,
  type Settings,
  SettingsError,
  settingRows,
} from '../../src/server/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'lockholm-settings-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const load = (
  flags: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Settings => loadSettings({ flags, env, cwd: folder });

/** Writes a settings file and names it in the way that messages do. */
function file(text: string, name = 'lockholm.yaml'): string {
  writeFileSync(join(folder, name), text);
  return name;
}

function problems(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  throw new Error('no setting was refused');
}

test('defaults need no file', () => {
  assert.deepEqual(load(), {
    data: join(folder, 'data'),
    listen: { host: '127.0.0.1', port: 4566 },
    seal: join(folder, 'data', 'seal'),
    regions: [],
    logLevel: 'info',
    journalSegmentSize: 256 * 1024 * 1024,
    journalRetentionDays: 0,
    domainKeyRotationDays: 30,
    drainTimeout: 10,
    maxConnections: 10_000,
    keyQuota: 100_000,
    hsmNetwork: '127.96',
    hsmPort: 2223,
    facts: [],
  });
});

test('each setting can come from each source: a flag before a variable before the file', () => {
  const values: Readonly<Record<string, readonly [inFile: string, inVariable: string, inFlag: string]>> = {
    data: ['/d/file', '/d/variable', '/d/flag'],
    listen: ['h:1', 'h:2', 'h:3'],
    seal: ['/s/file', '/s/variable', '/s/flag'],
    regions: ['[eu-west-1]', 'eu-west-2', 'eu-west-3,us-gov-west-1'],
    logLevel: ['error', 'warn', 'debug'],
    journalSegmentSize: ['1MiB', '2 MiB', '3145728'],
    journalRetentionDays: ['1', '2', '3'],
    domainKeyRotationDays: ['1', '2', '3'],
    drainTimeout: ['1', '2', '3'],
    maxConnections: ['1', '2', '3'],
    keyQuota: ['1', '2', '3'],
    hsmNetwork: ['127.1.0.0/16', '127.2.0.0/16', '127.3.0.0/16'],
    hsmPort: ['1', '2', '3'],
    facts: [
      '[{fact: sealedmem, host: h1, declared-by: A, declared-at: "2026-01-01"}]',
      '[{fact: sealedmem, host: h2, declared-by: A, declared-at: "2026-01-01"}]',
      '',
    ],
  };
  for (const { name, key, env, takes } of settingRows) {
    const [inFile, inVariable, inFlag] = values[name] ?? assert.fail(`${name} is not tested`);
    const config = { config: file(`${key}: ${inFile}\n`) };
    const parsed = (run: () => Settings) => JSON.stringify(run()[name]);
    const seen = [
      parsed(() => load()),
      parsed(() => load(config)),
      parsed(() => load(config, { [env]: inVariable })),
      ...(takes === undefined
        ? []
        : [parsed(() => load({ ...config, [name]: inFlag }, { [env]: inVariable }))]),
    ];
    assert.equal(new Set(seen).size, seen.length, `${name}: ${seen.join(' ')}`);
  }
});

test('every setting but the declared facts has a flag', () => {
  const without = settingRows.filter(({ takes }) => takes === undefined).map(({ name }) => name);
  assert.deepEqual(without, ['facts']);
});

test('the settings file is named by a flag or a variable, and an empty one sets nothing', () => {
  file('log-level: debug\n', 'by-variable.yaml');
  assert.equal(load({}, { LOCKHOLM_CONFIG: 'by-variable.yaml' }).logLevel, 'debug');
  file('log-level: warn\n', 'by-flag.yaml');
  assert.equal(load({ config: 'by-flag.yaml' }, { LOCKHOLM_CONFIG: 'by-variable.yaml' }).logLevel, 'warn');
  assert.deepEqual(load({ config: file('# nothing yet\n') }), load());
  assert.match(
    problems(() => load({ config: 'none.yaml' }))[0] ?? '',
    /none\.yaml: .*cannot be read: ENOENT/,
  );
});

test('paths start from where they are written; the seal follows the data', () => {
  assert.equal(load({ data: 'here' }).data, join(folder, 'here'));
  assert.equal(load({ data: 'here' }).seal, join(folder, 'here', 'seal'));
  const elsewhere = mkdtempSync(join(folder, 'etc-'));
  writeFileSync(join(elsewhere, 'l.yaml'), 'data: ./d\nseal: ../seal\n');
  const settings = load({ config: join(elsewhere, 'l.yaml') });
  assert.deepEqual([settings.data, settings.seal], [join(elsewhere, 'd'), join(folder, 'seal')]);
});

test('addresses', () => {
  const listen = (text: string) => load({ listen: text }).listen;
  assert.deepEqual(listen('[::1]:0'), { host: '::1', port: 0 });
  assert.deepEqual(listen('kms.example.org:443'), { host: 'kms.example.org', port: 443 });
  for (const wrong of [
    '4566',
    'localhost',
    '::1:80',
    '[::1]',
    '[x]:1',
    'h:65536',
    'h:-1',
    'a b:1',
    ':80',
    'h:1 ',
  ]) {
    assert.match(
      problems(() => listen(wrong))[0] ?? '',
      /^--listen: ".*" is not allowed: HOST:PORT or/,
      wrong,
    );
  }
});

test('HSMs get their addresses from a loopback network of 16 bits alone', () => {
  const refusal = (network: string) => problems(() => load({}, { LOCKHOLM_HSM_NETWORK: network }))[0] ?? '';
  for (const network of ['10.0.0.0/16', '127.0.0.0/8', '127.256.0.0/16', '127.1.2.0/16', 'loopback'])
    assert.match(refusal(network), /is not allowed: 127\.0\.0\.0\/16 to 127\.255\.0\.0\/16/);
});

test('unknown names are refused with their place and the nearest name', () => {
  assert.deepEqual(
    problems(() => load({ config: file('log-level: info\nlisten-on: h:1\nlisen: h:1\nzzzzzzzz: 1\n') })),
    [
      'lockholm.yaml:2: "listen-on" is no setting of Lockholm',
      'lockholm.yaml:3: "lisen" is no setting of Lockholm (did you mean "listen"?)',
      'lockholm.yaml:4: "zzzzzzzz" is no setting of Lockholm',
    ],
  );
  assert.deepEqual(
    problems(() => load({}, { LOCKHOLM_LISEN: 'h:1', OTHER: 'x' })),
    ['environment: LOCKHOLM_LISEN is no setting of Lockholm (did you mean "LOCKHOLM_LISTEN"?)'],
  );
});

test('values that are not allowed are refused together, each with its setting, source and what is allowed', () => {
  const config = file('log-level: loud\ndrain-timeout: 1.5\nmax-connections: many\nregions: [mars]\n');
  assert.deepEqual(
    problems(() => load({ config, journalSegmentSize: '1kb' }, { LOCKHOLM_JOURNAL_RETENTION_DAYS: '' })),
    [
      'lockholm.yaml:4: regions: ["mars"] is not allowed: Region names such as eu-central-1, as a YAML list or with ' +
        'commas between them',
      'lockholm.yaml:1: log-level: "loud" is not allowed: one of debug, info, warn, error',
      '--journal-segment-size: "1kb" is not allowed: a size from 64KiB to 4GiB, in bytes or with KiB, MiB or GiB',
      'LOCKHOLM_JOURNAL_RETENTION_DAYS: "" is not allowed: an integer from 0 to 36500',
      'lockholm.yaml:2: drain-timeout: 1.5 is not allowed: an integer from 0 to 3600',
      'lockholm.yaml:3: max-connections: "many" is not allowed: an integer from 1 to 1000000',
    ],
  );
});

test('a value that a stronger source overrides must be allowed too', () => {
  const config = file('log-level: loud\n');
  assert.deepEqual(
    problems(() => load({ config, logLevel: 'info' }, { LOCKHOLM_LOG_LEVEL: 'quiet' })).map(
      (problem) => problem.split(' is not')[0],
    ),
    ['lockholm.yaml:1: log-level: "loud"', 'LOCKHOLM_LOG_LEVEL: "quiet"'],
  );
});

test('a file that is no map of settings is refused where it is wrong', () => {
  const said = (text: string) => problems(() => load({ config: file(text) }))[0] ?? '';
  assert.match(said('- data\n'), /^lockholm\.yaml:1: settings are a map/);
  assert.match(said('data: "x\n'), /^lockholm\.yaml:\d: /);
  assert.match(said('data: a\ndata: b\n'), /^lockholm\.yaml:2: Map keys must be unique/);
  assert.match(said('data:\n'), /^lockholm\.yaml:1: data: null is not allowed: a path/);
  assert.match(said('? [a]\n: b\n'), /^lockholm\.yaml:1: .* is no setting/);
});

test('declared facts name who declared them and when', () => {
  const config = file(`facts:
  - fact: law
    party: operator
    law: EU
    declared-by: Head of compliance
    declared-at: 2026-11-24T09:30:00+01:00
  - { fact: chooses, party: deployer, process: engine, mode: auto, declared-by: A, declared-at: 2026-11-24 }
  - { fact: approve, act: use, group: [Ann, Bob], k: 2, declared-by: A, declared-at: 2026-11-24 }
`);
  assert.deepEqual(load({ config }).facts, [
    {
      fact: 'law',
      about: { party: 'operator', law: 'EU' },
      declaredBy: 'Head of compliance',
      declaredAt: '2026-11-24T09:30:00+01:00',
    },
    {
      fact: 'chooses',
      about: { party: 'deployer', process: 'engine', mode: 'auto' },
      declaredBy: 'A',
      declaredAt: '2026-11-24',
    },
    {
      fact: 'approve',
      about: { act: 'use', group: 'Ann, Bob', k: '2' },
      declaredBy: 'A',
      declaredAt: '2026-11-24',
    },
  ]);
});

test('a fact that says too little or too much is refused at its line', () => {
  const said = (fact: string) =>
    problems(() => load({ config: file(`# facts\nfacts:\n  - ${fact}\n`) }))[0] ?? '';
  const by = 'declared-by: A, declared-at: 2026-11-24';
  const cases: readonly (readonly [fact: string, wanted: RegExp])[] = [
    [
      `{ fact: lwa, ${by} }`,
      /^lockholm\.yaml:3: facts: .* fact is one of party, law, .*\(did you mean "law"\?\)$/,
    ],
    [`{ fact: law, party: p, ${by} }`, /law needs law$/],
    [`{ fact: law, party: p, law: EU, declared-at: 2026-11-24 }`, /law needs declared-by$/],
    [`{ fact: law, party: p, law: EU, lwa: x, ${by} }`, /not "lwa" \(did you mean "law"\?\)$/],
    [`{ fact: law, party: 7, law: EU, ${by} }`, /party is a text of 1 to 500 characters/],
    [`{ fact: chooses, party: p, process: x, mode: never, ${by} }`, /mode is one of auto, tenant$/],
    [`{ fact: approve, act: read, group: [a], k: 1, ${by} }`, /act is one of use$/],
    [`{ fact: approve, act: use, group: [a], k: none, ${by} }`, /k is a whole number from 1 to 9999$/],
    [`{ fact: approve, act: use, group: ['a, b'], k: 1, ${by} }`, /group is a list of parties/],
    [`{ fact: approve, act: use, k: 1, ${by} }`, /group is a list of parties/],
    [`{ fact: place, place: p, kind: backup, until: soon, ${by} }`, /until is a date such as/],
    [
      `{ fact: law, party: p, law: EU, declared-by: A, declared-at: last week }`,
      /declared-at is a date such as/,
    ],
    [
      `{ fact: law, party: p, law: EU, declared-by: A, declared-at: 2026-13-45 }`,
      /declared-at is a date such as/,
    ],
    ['law', /a fact, such as/],
  ];
  for (const [fact, wanted] of cases) assert.match(said(fact), wanted, fact);
});

test('the result is frozen to its depth, and crosses to another process as JSON', () => {
  const settings = load();
  assert.throws(() => Object.assign(settings.listen, { port: 1 }), TypeError);
  const crossed = freezeSettings(JSON.parse(JSON.stringify(settings)));
  assert.deepEqual(crossed, settings);
  assert.throws(() => Object.assign(crossed.listen, { port: 1 }), TypeError);
});
