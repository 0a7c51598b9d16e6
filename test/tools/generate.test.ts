import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Clone } from './clone.ts';

/** Writes a page that says nothing of its generator, as docs/compatibility.md, and a file in a folder of its own. */
const generator = `
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { subject } from '../src/subject.ts';
const root = join(import.meta.dirname, '..');
writeFileSync(join(root, 'docs', 'page.md'), 'About ' + subject + '\\n');
mkdirSync(join(root, 'made'), { recursive: true });
writeFileSync(join(root, 'made', 'page.json'), JSON.stringify({ subject }));
`;

let clone: Clone;
beforeEach(() => {
  clone = new Clone();
  const tools = join(clone.path, 'tools');
  for (const name of readdirSync(tools)) if (name.startsWith('generate-')) rmSync(join(tools, name));
  for (const folder of ['docs', 'made', 'node_modules/.bin'])
    mkdirSync(join(clone.path, folder), { recursive: true });
  symlinkSync(process.execPath, join(clone.path, 'node_modules', '.bin', 'node'));
  clone.write('tools/generate-page.ts', generator);
  clone.write('src/subject.ts', "export const subject = 'keys';\n");
  clone.write('docs/page.md', 'About keys\n');
  clone.write('made/page.json', '{"subject":"keys"}');
});
afterEach(() => clone.remove());

/** What is wrong with the generated files; undefined when nothing is. */
async function check(): Promise<string | undefined> {
  const module = pathToFileURL(join(clone.path, 'tools', 'generate.mjs')).href;
  const program = `await (await import(${JSON.stringify(module)})).checkGenerated()`;
  try {
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
    return undefined;
  } catch (error) {
    return (error as { readonly stderr: string }).stderr;
  }
}

test('files that are what their generator writes pass', async () => {
  assert.equal(await check(), undefined);
});

test('a stale file is named, whatever it says of itself, and is not written', async () => {
  clone.write('docs/page.md', 'About locks\n');
  const said = (await check()) ?? '';
  assert.match(said, /docs\/page\.md/);
  assert.doesNotMatch(said, /page\.json/);
  assert.equal(readFileSync(join(clone.path, 'docs', 'page.md'), 'utf8'), 'About locks\n');
});

test('a file that is missing is named, and not made', async () => {
  rmSync(join(clone.path, 'made'), { recursive: true });
  assert.match((await check()) ?? '', /made\/page\.json/);
  assert.ok(!readdirSync(clone.path).includes('made'));
});
