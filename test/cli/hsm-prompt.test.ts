/** Questions on a terminal: what is typed is not shown, and new passwords are asked for twice. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { ask, askHidden } from '../../src/cli/hsm/prompt.ts';

function terminal(isTTY = true) {
  const output = new PassThrough();
  const input = Object.assign(new PassThrough(), { isTTY, setRawMode: () => input });
  let shown = '';
  output.setEncoding('utf8').on('data', (text) => {
    shown += text;
  });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { input, output, shown: () => settled().then(() => shown) };
}

test('a password is asked for and not shown, with what was taken back', async () => {
  const { input, output, shown } = terminal();
  const asked = askHidden('Password: ', 'unused', { input, output });
  input.write('secrex\u007ft\r');
  assert.equal(await asked, 'secret');
  assert.equal(await shown(), 'Password: \n');
});

test('an interrupted question does nothing', async () => {
  for (const given of ['\u0003', '\u0004']) {
    const { input, output } = terminal();
    const asked = askHidden('Password: ', 'unused', { input, output });
    input.write(given);
    await assert.rejects(asked, { exitCode: 130, message: /nothing was done/ });
  }
});

test('where nobody can be asked, it says how else', async () => {
  const { input, output, shown } = terminal(false);
  await assert.rejects(askHidden('Password: ', 'Use --password-file.', { input, output }), {
    exitCode: 2,
    message: 'Use --password-file.',
  });
  assert.equal(await shown(), '');
});

test('a question that may be seen', async () => {
  const { input, output, shown } = terminal();
  const asked = ask('Approve it? ', 'unused', { input, output });
  input.write('yes\n');
  assert.equal(await asked, 'yes');
  assert.equal(await shown(), 'Approve it? ');
});
