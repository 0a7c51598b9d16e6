import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { printable, printableJson, printableLines } from '../../src/core/printable.ts';

/** Each as a caller might send it: escape, CSI in one character, delete, overrides, isolates, zero widths, tags. */
const steering = [
  '\u001b[2J',
  '\u009b2J',
  '\u007f',
  '\u0085',
  '\u202e',
  '\u2066',
  '\u200f',
  '\u200b',
  '\u2028',
  '\ufeff',
  '\u{e0041}',
  '\ud800',
  '\ue000',
  '\r',
];

test('what would steer a terminal is shown as its code, and the rest as it is', () => {
  assert.equal(printable('a\u009b2J\u202eb\nc'), 'a\\u009b2J\\u202eb\\u000ac');
  assert.equal(printable('\u{e0041}'), '\\udb40\\udc41');
  assert.equal(printable('Schlüssel 鍵 🔑 – ok'), 'Schlüssel 鍵 🔑 – ok');
  assert.equal(printableLines('a\r\nb'), 'a\\u000d\nb');
  for (const text of steering) assert.doesNotMatch(printable(text), /[^ -~]/, JSON.stringify(text));
});

test('JSON stays exact', () => {
  for (const indent of [0, 2]) {
    const shown = printableJson({ steering }, indent);
    assert.doesNotMatch(shown, /[^ -~\n]/);
    assert.deepEqual(JSON.parse(shown), { steering });
  }
});

test('commands print in no other way', () => {
  const folder = join(import.meta.dirname, '..', '..', 'src', 'cli');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const printing = files.filter((name) => readFileSync(join(folder, name), 'utf8').includes('console.'));
  assert.deepEqual(printing.sort(), ['failure.ts', 'output.ts']);
});
