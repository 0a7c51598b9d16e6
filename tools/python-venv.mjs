/**
 * A Python virtual environment with exactly what a requirements file pins, made again only when that file changes:
 *   node tools/python-venv.mjs <folder> <requirements file>
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Failure, main, run } from './project.mjs';

/** `finish` is run after installing. */
export const ensureVenv = async (venv, requirementsFile, finish = () => {}) => {
  const stamp = `${venv}/.installed-requirements`;
  const wanted = createHash('sha256').update(readFileSync(requirementsFile)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  rmSync(venv, { recursive: true, force: true });
  await makeVenv(venv);
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'];
  const { code, output } = await run(`${venv}/bin/python`, [...install, '-r', requirementsFile], {
    capture: true,
  });
  if (code !== 0) throw new Failure(`pip could not install ${requirementsFile}:\n${output}`);
  finish();
  writeFileSync(stamp, wanted);
};

/** Debian's python3 comes without the packages that `python3 -m venv` needs; virtualenv from PyPI does without. */
const makeVenv = async (venv) => {
  mkdirSync(dirname(venv), { recursive: true });
  const python = (args, env = {}) =>
    run('python3', args, { capture: true, env }).catch((error) => ({ code: 127, output: error.message }));
  const plain = await python(['-m', 'venv', venv]);
  if (plain.code === 0) return;
  rmSync(venv, { recursive: true, force: true });
  const target = `${venv}.virtualenv`;
  const pip = await python([
    '-m',
    'pip',
    'install',
    '--quiet',
    '--target',
    target,
    '--upgrade',
    'virtualenv',
  ]);
  if (pip.code === 0) {
    const virtual = await python(['-m', 'virtualenv', '--quiet', venv], { PYTHONPATH: target });
    if (virtual.code === 0) return;
  }
  throw new Failure(`Python programs are needed here, and no virtual environment could be made for them:
${plain.output.trim()}
On Debian or Ubuntu: apt-get install python3 python3-venv`);
};

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [folder, requirementsFile] = process.argv.slice(2);
  await main(() => ensureVenv(folder, requirementsFile));
}
