import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { operations } from '../../src/core/shapes/kms.ts';
import { generateShapes, serviceModels } from '../../tools/generate-shapes.ts';

test('the committed shapes are what the generator writes', () => {
  const models = serviceModels();
  assert.ok(models.length > 0);
  for (const { path, model } of models) assert.equal(readFileSync(path, 'utf8'), generateShapes(model), path);
});

test('KMS has its 56 operations, each under its own name', () => {
  assert.equal(Object.keys(operations).length, 56);
  for (const [name, operation] of Object.entries(operations)) assert.equal(operation.name, name);
});

test('a shape that contains itself is refused', () => {
  const model = {
    metadata: {},
    operations: { Loop: { name: 'Loop', input: { shape: 'Node' } } },
    shapes: { Node: { type: 'structure', members: { Next: { shape: 'Node' } } } },
  };
  assert.throws(() => generateShapes(model), /shape Node contains itself/);
});
