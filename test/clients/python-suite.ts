/** Runs a module of Python tests of this folder against a server. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { clientEnvironment, python, type Reachable } from './environment.ts';

export const runPythonSuite = async (module: string, server: Reachable, tests: number): Promise<void> => {
  const env = { ...clientEnvironment(server), PYTHONDONTWRITEBYTECODE: '1' };
  const args = ['-m', 'unittest', '-v', module];
  const { code, report } = await new Promise<{ code: unknown; report: string }>((resolve) => {
    execFile(python, args, { cwd: import.meta.dirname, env }, (error, _output, errors) =>
      resolve({ code: error?.code ?? 0, report: errors }),
    );
  });
  assert.equal(code, 0, report);
  assert.match(report, new RegExp(`^Ran ${tests} tests[^]*^OK$`, 'm'));
};
