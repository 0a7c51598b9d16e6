import assert from 'node:assert/strict';
import { test } from 'node:test';
import { basisText, type Fact, factText, vocabulary } from '../../src/custody/facts.ts';
import { FactsError, factsSchema, parseFacts } from '../../src/custody/facts-file.ts';
import { arrange, cluster } from './arrangement.ts';
import { cellsOf } from './cells.ts';

const basis = { basis: 'recorded', in: 'journal', entry: '7' } as const;
const fileOf = (...facts: readonly unknown[]): string =>
  JSON.stringify({ at: '2026-11-24T12:00:00Z', facts });

test('facts come back from a file as they went, and give the same table', () => {
  const facts = arrange({ seal: 'quorum', hsm: cluster });
  const read = parseFacts(JSON.stringify(facts));
  assert.deepEqual(read, facts);
  assert.deepEqual(cellsOf(read), cellsOf(facts));
});

const refused: readonly (readonly [json: string, message: RegExp])[] = [
  ['{', /not JSON/],
  ['[]', /the file is an object/],
  ['{"at":"yesterday","facts":[]}', /at is an ISO 8601 time/],
  ['{"at":"2026-11-24"}', /facts is a list/],
  ['{"at":"2026-11-24","facts":[],"more":1}', /no field "more"/],
  [fileOf(1), /facts\[0\] is an object/],
  [fileOf({ fact: 'rooot', basis }), /facts\[0\]\.fact is one of party/],
  [fileOf({ fact: 'constructor', basis }), /facts\[0\]\.fact is one of/],
  [fileOf({ fact: 'root', party: 'a', basis }), /facts\[0\]\.host is a text/],
  [fileOf({ fact: 'root', party: 'a', host: '', basis }), /facts\[0\]\.host is a text/],
  [fileOf({ fact: 'root', party: 'a', host: 'h', user: 'u', basis }), /no field "user"/],
  [fileOf({ fact: 'quorum', secret: 's', k: 1.5, basis }), /k is a whole number/],
  [fileOf({ fact: 'approve', act: 'use', group: [], k: 1, basis }), /group is a list of texts/],
  [
    fileOf({ fact: 'chooses', party: 'a', process: 'p', mode: 'maybe', basis }),
    /mode is one of auto, tenant/,
  ],
  [fileOf({ fact: 'root', party: 'a', host: 'h' }), /basis is an object/],
  [fileOf({ fact: 'root', party: 'a', host: 'h', basis: { basis: 'rumour' } }), /basis is one of enforced/],
  [
    fileOf({ fact: 'root', party: 'a', host: 'h', basis: { basis: 'declared', by: 'x' } }),
    /at is an ISO 8601/,
  ],
];

for (const [json, message] of refused) {
  test(`a file of facts is refused: ${message.source}`, () => {
    assert.throws(
      () => parseFacts(json),
      (error) => error instanceof FactsError && message.test(error.message),
    );
  });
}

test('the schema has each fact and each basis', () => {
  const schema = JSON.stringify(factsSchema());
  for (const name of Object.keys(vocabulary)) assert.ok(schema.includes(`{"const":"${name}"}`), name);
  for (const name of ['enforced', 'recorded', 'declared', 'vendor', 'assumed'])
    assert.ok(schema.includes(`{"const":"${name}"}`), name);
});

test('facts and what they rest on are written as the rules write them', () => {
  const fact: Fact = { fact: 'approve', act: 'use', group: ['a', 'b'], k: 2, basis };
  assert.equal(factText(fact), 'approve(use, [a, b], 2, -)');
  assert.deepEqual(
    (
      [
        basis,
        { basis: 'enforced', by: 'engine', on: 'host' },
        { basis: 'declared', by: 'counsel', at: '2026-11-01' },
        { basis: 'vendor', vendor: 'V', statement: 'never leaves' },
        { basis: 'assumed', because: 'nobody says' },
      ] as const
    ).map(basisText),
    [
      'recorded in the journal, entry 7',
      'enforced by engine on host',
      'declared by counsel, 2026-11-01',
      'stated by V: never leaves',
      'assumed: nobody says',
    ],
  );
});
