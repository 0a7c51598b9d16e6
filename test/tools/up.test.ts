import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Clone } from './clone.ts';

let clone: Clone;
beforeEach(() => {
  clone = new Clone();
});
afterEach(() => clone.remove());

const outputOf = (child: ChildProcessWithoutNullStreams) => {
  const seen = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      seen.text += chunk;
    });
  }
  return seen;
};

/** Waits for a text in a program's output, or its end. */
const says = async (
  child: ChildProcessWithoutNullStreams,
  output: { readonly text: string },
  text: string,
) => {
  while (!output.text.includes(text) && child.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

/** Serves until the server's first line, then ends it; answers all output and the exit code. */
const serveOnce = async (...args: readonly string[]) => {
  const child = clone.up(...args);
  const output = outputOf(child);
  const closed = once(child, 'close');
  await says(child, output, 'serving');
  child.kill('SIGTERM');
  const [code] = await closed;
  return { output: output.text, code };
};

describe('npm run up', { timeout: 30_000 }, () => {
  test('installs once, and again when the lock file changes', async () => {
    await serveOnce();
    await serveOnce();
    assert.equal(clone.npmCalls().length, 1);
    assert.match(clone.npmCalls()[0] ?? '', /^ci --include=dev/);
    clone.write('package-lock.json', '{"lockfileVersion":3,"packages":{}}');
    await serveOnce();
    assert.equal(clone.npmCalls().length, 2);
  });

  test('passes arguments to the server, and its exit code back', async () => {
    const { output, code } = await serveOnce('--listen', '127.0.0.1:1', '--data', 'a folder');
    assert.match(output, /serving \["serve","--listen","127\.0\.0\.1:1","--data","a folder"\]/);
    assert.equal(code, 7);
  });

  test('passes a signal that arrives twice at once on to the server once', async () => {
    const child = clone.up();
    const output = outputOf(child);
    const closed = once(child, 'close');
    await says(child, output, 'serving');
    child.kill('SIGINT');
    await says(child, output, 'SIGINT');
    child.kill('SIGINT');
    await closed;
    assert.equal(output.text.split('SIGINT').length, 2);
  });

  test('does not leave the server behind when the shell or npm that ran it is ended', async () => {
    const shell = clone.upByShell();
    const output = outputOf(shell);
    const closed = once(shell, 'close');
    await says(shell, output, 'serving');
    shell.kill('SIGTERM');
    await closed;
    assert.match(output.text, /SIGTERM/);
  });

  test('takes the server along when it is killed', async () => {
    const child = clone.up();
    const output = outputOf(child);
    const closed = once(child, 'close');
    await says(child, output, 'serving');
    child.kill('SIGKILL');
    await closed;
    assert.match(output.text, /disconnect/);
  });

  test('does not reinstall under a running program of the clone', {
    skip: process.platform !== 'linux',
  }, async () => {
    await serveOnce();
    const program = join(clone.path, 'node_modules', 'sleep');
    copyFileSync('/bin/sleep', program);
    const running = spawn(program, ['30']);
    await once(running, 'spawn');
    try {
      clone.write('package-lock.json', '{}');
      const { output, code } = await serveOnce();
      assert.equal(code, 1);
      assert.match(output, new RegExp(`process ${running.pid}: `));
      assert.equal(clone.npmCalls().length, 1);
    } finally {
      running.kill('SIGKILL');
    }
  });
});
