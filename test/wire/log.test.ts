import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonLog } from '../../src/wire/log.ts';

test('one JSON object a line, from the level that is asked for', () => {
  const lines: string[] = [];
  const log = new JsonLog(
    'info',
    (line) => lines.push(line),
    () => 0,
  );
  log.debug('not this');
  log.info('one', { requestId: 'r', count: 5n });
  log.error('two\nlines', { error: new TypeError('outer', { cause: new Error('inner') }) });
  assert.equal(lines.length, 2);
  assert.equal(
    lines[0],
    '{"time":"1970-01-01T00:00:00.000Z","level":"info","message":"one","requestId":"r","count":"5"}\n',
  );
  const { error, message } = JSON.parse(lines[1] ?? '');
  assert.equal(message, 'two\nlines');
  assert.deepEqual([error.name, error.message, error.cause.message], ['TypeError', 'outer', 'inner']);
  assert.equal(lines[1]?.trimEnd().includes('\n'), false);
  assert.deepEqual([log.enabled('debug'), log.enabled('warn')], [false, true]);
});

test('nothing that a caller chose can steer the terminal of who reads the log', () => {
  const lines: string[] = [];
  new JsonLog('info', (line) => lines.push(line)).info('refused', { agent: '\u009b2J\u202e' });
  assert.match(lines[0] ?? '', /\\u009b2J\\u202e/);
  assert.equal(JSON.parse(lines[0] ?? '').agent, '\u009b2J\u202e');
});
