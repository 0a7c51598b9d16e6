import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import { rowIsAuthentic, rowMac } from '../../src/engine/rows.ts';
import { outboxFacts } from '../../src/store/outbox-row.ts';
import { hex, readVectors } from '../support/vectors.ts';

interface Case {
  readonly name: string;
  readonly rowKey: string;
  readonly table: string;
  readonly id: string;
  readonly version: number;
  readonly content: string;
  readonly mac: string;
}
const { cases } = readVectors<{ cases: Case[] }>('row-mac');
const rowOf = ({ table, id, version, content }: Case) => ({ table, id, version, content: hex(content) });

test('there are vectors of row MACs, all different', () => {
  assert.equal(cases.length, 5);
  assert.equal(new Set(cases.map(({ mac }) => mac)).size, cases.length);
});

test('the MAC of an event in the outbox is over its id and envelope', () => {
  const vector = cases.find(({ table }) => table === 'outbox');
  assert.ok(vector !== undefined);
  const event = { id: vector.id, envelope: hex(vector.content), body: Buffer.of(1) };
  assert.deepEqual(outboxFacts(event), rowOf(vector));
});

for (const vector of cases) {
  test(`row MAC vector: ${vector.name}`, () => {
    const key = createSecretKey(hex(vector.rowKey));
    const row = rowOf(vector);
    assert.equal(rowMac(key, row).toString('hex'), vector.mac);
    assert.ok(rowIsAuthentic(key, row, hex(vector.mac)));
    for (const other of cases) {
      if (other !== vector)
        assert.equal(rowIsAuthentic(key, rowOf(other), hex(vector.mac)), false, other.name);
    }
    for (const bad of [
      Buffer.alloc(0),
      Buffer.alloc(33),
      hex(vector.mac).subarray(1),
      hex(`${vector.mac}00`),
    ]) {
      assert.equal(rowIsAuthentic(key, row, bad), false);
    }
  });
}
