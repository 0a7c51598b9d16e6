import assert from 'node:assert/strict';
import { isBuiltin } from 'node:module';
import { test } from 'node:test';
import { forbiddenImport } from './import-direction.ts';
import { importsOf, read, sourceFiles } from './source.ts';

const manifest: { dependencies: object; optionalDependencies?: object } = JSON.parse(read('package.json'));
const shipped = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });

test('folders import only what the layout allows', () => {
  const problems = sourceFiles().flatMap((path) => {
    const from = path.slice('src/'.length);
    return importsOf(read(path)).map((specifier) => forbiddenImport(from, specifier));
  });
  assert.deepEqual(
    problems.filter((problem) => problem !== undefined),
    [],
  );
});

test('run-time code imports Node and shipped dependencies only, types too', () => {
  const packageOf = (specifier: string) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const problems = sourceFiles().flatMap((path) =>
    importsOf(read(path))
      .filter((specifier) => !specifier.startsWith('.') && !isBuiltin(specifier))
      .filter((specifier) => !shipped.includes(packageOf(specifier)))
      .map(
        (specifier) => `${path} imports ${specifier}, which package.json does not list under dependencies`,
      ),
  );
  assert.deepEqual(problems, []);
});

test('the rule of direction catches what it is for', () => {
  const refused = [
    ['core/ids.ts', '../store/contract.ts'],
    ['kms/keys.ts', '../engine/tokens.ts'],
    ['kms/keys.ts', '../engine/seal/file.ts'],
    ['kms/keys.ts', '../hsm/users.ts'],
    ['keystores/x.ts', '../hsm/users.ts'],
    ['server/x.ts', '../hsm/main.ts'],
    ['store/x.ts', '../kms/keys.ts'],
    ['cli/serve.ts', '../server/supervisor.ts'],
    ['kms/keys.ts', '../../test/house/source.ts'],
    ['unknown/x.ts', '../core/ids.ts'],
  ] as const;
  for (const [from, specifier] of refused)
    assert.ok(forbiddenImport(from, specifier), `${from} ${specifier}`);
  const granted = [
    ['kms/keys.ts', '../engine/protocol/messages.ts'],
    ['kms/keys.ts', './rules/key-states.ts'],
    ['engine/dispatch.ts', './tokens.ts'],
    ['hsm/sign.ts', '../engine/algorithms/rsa.ts'],
    ['kms/backend.ts', '../hsm/client/session.ts'],
    ['server/supervisor.ts', '../engine/seal/file.ts'],
    ['main.ts', './server/serve.ts'],
  ] as const;
  for (const [from, specifier] of granted)
    assert.equal(forbiddenImport(from, specifier), undefined, `${from} ${specifier}`);
});

test('imports are found in every form', () => {
  const text = `import a from './a.ts';
    import type { B,
      C } from "./b.ts";
    import './c.ts';
    export * from './d.ts';
    export { e } from './e.ts';
    // import f from './f.ts';
    const g = await import('./g.ts');`;
  assert.deepEqual(importsOf(text), ['./a.ts', './b.ts', './c.ts', './d.ts', './e.ts', './g.ts']);
});
