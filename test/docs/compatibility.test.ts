import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Shape } from '../../src/core/shape.ts';
import { operations as hsmOperations } from '../../src/core/shapes/cloudhsmv2.ts';
import { operations } from '../../src/core/shapes/kms.ts';
import { compatibility } from '../../tools/generate-compatibility.ts';
import { startKms, type TestKms } from '../support/kms.ts';

let kms: TestKms;
before(async () => {
  kms = await startKms();
});
after(() => kms.stop());

const page = join(import.meta.dirname, '..', '..', 'docs', 'compatibility.md');

test('the page is what its generator writes', async () => {
  assert.equal(await readFile(page, 'utf8'), compatibility());
});

test('each operation answers as the page says', async () => {
  const said = await saidOf('AWS Key Management Service');
  assert.deepEqual([...said.keys()].sort(), Object.keys(operations).sort());
  for (const [name, { input }] of Object.entries(operations)) {
    const given = Object.fromEntries(
      input.required.map((member) => [member, valid((input.members as Record<string, Shape>)[member])]),
    );
    const outcome = await kms.call(name, given).then(
      () => 'answered',
      (error) => error.code,
    );
    assert.equal(outcome === 'UnsupportedOperationException', said.get(name) === 'no', `${name}: ${outcome}`);
  }
});

test('each operation of CloudHSM is on the page', async () => {
  const said = await saidOf('AWS CloudHSM V2');
  assert.deepEqual([...said.keys()].sort(), Object.keys(hsmOperations).sort());
});

/** What the section says of each operation. */
async function saidOf(service: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(page, 'utf8');
  const section = text.split(/^## /m).find((each) => each.startsWith(service)) ?? '';
  const lines = section.matchAll(/^\| (\w+) \| (yes|no) \|/gm);
  return new Map([...lines].map(([, name = '', built = '']) => [name, built]));
}

/** A value that passes the shape's constraints. */
function valid(shape: Shape | undefined): unknown {
  switch (shape?.type) {
    case 'string':
      return shape.enum?.[0] ?? (shape.pattern === undefined ? 'x' : matching(shape.pattern, shape.min ?? 1));
    case 'blob':
      return Buffer.of(1);
    case 'list':
      return [valid(shape.member)];
    case 'map':
      return {};
    case 'structure':
      return Object.fromEntries(shape.required.map((member) => [member, valid(shape.members[member])]));
    case 'boolean':
      return true;
    default:
      return 1;
  }
}

/** Candidates enough for the patterns that required members of KMS have. */
function matching(pattern: string, min: number): string {
  const candidates = [
    'us-west-2',
    'alias/x',
    'x'.repeat(min),
    'a'.repeat(64),
    `cluster-${'a'.repeat(11)}`,
    '{}',
  ];
  const found = candidates.find((each) => each.length >= min && new RegExp(`^(?:${pattern})$`).test(each));
  assert.ok(found !== undefined, `no candidate matches ${pattern}`);
  return found;
}
