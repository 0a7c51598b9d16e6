import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOnly, read, sourceFiles } from './source.ts';

interface Rule {
  readonly name: string;
  readonly pattern: RegExp;
  /** Path prefixes in src/ where it is allowed. */
  readonly allowed: readonly string[];
  /** What the pattern must find, so that a rule cannot rot into one that finds nothing. */
  readonly catches: readonly string[];
}

const rules: readonly Rule[] = [
  {
    name: 'keys are made, opened and used in engine/ and hsm/ only, data keys of objects in storage/envelope/',
    pattern:
      /\b(?:create(?:Cipher|Decipher)iv|createPrivateKey|generateKey(?:Pair)?(?:Sync)?|hkdf(?:Sync)?|private(?:Encrypt|Decrypt)|diffieHellman|subtle)\b/,
    allowed: ['engine/', 'hsm/', 'storage/envelope/'],
    catches: ['createCipheriv(a)', 'createDecipheriv(a)', 'generateKeySync(x)', 'crypto.subtle'],
  },
  {
    name: 'secret keys are wrapped in engine/ and hsm/, and for a day of signatures in identity/sigv4/',
    pattern: /\bcreateSecretKey\b/,
    allowed: ['engine/', 'hsm/', 'identity/sigv4/'],
    catches: ['createSecretKey(bytes)'],
  },
  {
    name: 'keys are exported in engine/ and hsm/ only, public ones in one file of core/',
    pattern: /\.export\(/,
    allowed: ['engine/', 'hsm/', 'core/public-key.ts'],
    catches: ['key.export({ format })'],
  },
  {
    name: 'random bytes outside the engine are salts and ids, never keys',
    pattern: /\b(?:randomBytes|randomFill(?:Sync)?|getRandomValues)\b/,
    allowed: ['engine/', 'hsm/', 'storage/envelope/', 'storage/objects/files.ts', 'core/', 'audit/'],
    catches: ['randomBytes(32)', 'randomFillSync(b)'],
  },
  {
    name: 'Math.random is nowhere',
    pattern: /\bMath\s*\.\s*random\b/,
    allowed: [],
    catches: ['Math.random()'],
  },
  {
    name: 'processes are started by server/ and cli/ only',
    pattern: /\b(?:spawn|spawnSync|execFile|execFileSync|execSync|fork)\(/,
    allowed: ['server/', 'cli/'],
    catches: ['spawn(process.execPath)', 'fork(path)'],
  },
  {
    name: 'the console is written by cli/ and main.ts only; the rest logs',
    pattern: /\bconsole\s*\./,
    allowed: ['cli/', 'main.ts'],
    catches: ['console.log(x)', 'console.error(x)'],
  },
];

const breaches = (rule: Rule): readonly string[] =>
  sourceFiles()
    .filter((path) => !rule.allowed.some((prefix) => path.startsWith(`src/${prefix}`)))
    .flatMap((path) =>
      codeOnly(read(path))
        .split('\n')
        .filter((line) => rule.pattern.test(line))
        .map((line) => `${path}: ${line.trim()}`),
    );

for (const rule of rules) {
  test(rule.name, () => {
    assert.deepEqual(breaches(rule), []);
    for (const sample of rule.catches) assert.match(sample, rule.pattern);
  });
}

test('node:child_process, node:sqlite and node:worker_threads are imported where they belong', () => {
  const homes = new Map([
    ['node:child_process', ['server/', 'cli/']],
    ['node:sqlite', ['store/sqlite/']],
    ['node:worker_threads', ['store/sqlite/', 'audit/']],
  ]);
  const problems = [...homes].flatMap(([module, folders]) =>
    sourceFiles()
      .filter((path) => !folders.some((folder) => path.startsWith(`src/${folder}`)))
      .filter((path) => read(path).includes(`'${module}'`))
      .map((path) => `${path} imports ${module}`),
  );
  assert.deepEqual(problems, []);
});

test('strings and comments are not code', () => {
  const kept = ['$', '{c.d}'].join('');
  const text = `const a = 'Math.random()'; // Math.random()\n/* Math.random() */ const b = \`Math.random() ${kept}\`;`;
  assert.doesNotMatch(codeOnly(text), /Math/);
  assert.match(codeOnly(text), /c\.d/);
});
