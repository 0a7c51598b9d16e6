/** The project's files as the house rules read them. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

/** Files of the project, tracked or new, that git does not ignore; paths from the root. */
export const projectFiles = (): readonly string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => path !== '' && existsSync(join(root, path)));

export const sourceFiles = (): readonly string[] =>
  projectFiles().filter((path) => path.startsWith('src/') && path.endsWith('.ts'));

export const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** One pass over TypeScript: comments, strings and template text; a template's `${...}` parts stay code. */
const tokens = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;

/** The source without its comments. */
export const withoutComments = (text: string): string =>
  text.replace(tokens, (token) => (token.startsWith('/') ? ' ' : token));

/** The source without comments and without what is said in strings. */
export const codeOnly = (text: string): string =>
  text.replace(tokens, (token) => {
    if (token.startsWith('/')) return ' ';
    if (token.startsWith('`')) return `\`${(token.match(/\$\{[^}]*\}/g) ?? []).join(' ')}\``;
    return `${token[0]}${token[0]}`;
  });

const importForms =
  /(?:^|[;\n}])\s*(?:import|export)\s[^;'"]*?from\s*['"]([^'"]+)['"]|(?:^|[;\n])\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g;

/** What a module imports, for its types too, as written. */
export const importsOf = (text: string): readonly string[] =>
  [...withoutComments(text).matchAll(importForms)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
