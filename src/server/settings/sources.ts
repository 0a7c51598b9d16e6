/** Where settings are given: flags, environment variables, a YAML file. Names that no setting has are refused. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Document, isMap, isNode, isScalar, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import { hsmVariables } from '../../cli/hsm/variables.ts';
import { didYouMean, SettingsError } from './problems.ts';

export interface Given {
  readonly raw: unknown;
  /** What a relative path in it starts from. */
  readonly folder: string;
  /** For messages: `--listen`, `LOCKHOLM_LISTEN`, `lockholm.yaml:3: listen`. */
  place(path: readonly (string | number)[]): string;
}

export interface Names {
  readonly env: readonly string[];
  readonly keys: readonly string[];
}

export const CONFIG_VARIABLE = 'LOCKHOLM_CONFIG';
/** Variables that are no settings. */
const others = [CONFIG_VARIABLE, 'LOCKHOLM_DEBUG', ...hsmVariables];

export function given(raw: string, place: string, folder: string): Given {
  return {
    raw,
    folder,
    place: ([first]) => (first === undefined ? place : `${place}, item ${Number(first) + 1}`),
  };
}

export function refuseUnknownVariables(env: Readonly<NodeJS.ProcessEnv>, names: Names): void {
  const known = [...names.env, ...others];
  const problems = Object.keys(env)
    .filter((name) => name.startsWith('LOCKHOLM_') && !known.includes(name))
    .map((name) => `environment: ${name} is no setting of Lockholm${didYouMean(name, known)}`);
  if (problems.length > 0) throw new SettingsError(problems);
}

/** The settings in a YAML file, by key. */
export function readYaml(file: string, cwd: string, names: Names): ReadonlyMap<string, Given> {
  const path = resolve(cwd, file);
  const lines = new LineCounter();
  const document = parseDocument(readText(path), { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => `${file}:${lines.linePos(offset).line}`;
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length > 0) throw new SettingsError(wrong.map(({ pos, message }) => `${at(pos[0])}: ${message}`));
  const found = new Map<string, Given>();
  if (document.contents === null) return found;
  if (!isMap(document.contents))
    throw new SettingsError([`${file}:1: settings are a map of names and values`]);
  const problems: string[] = [];
  for (const { key, value } of document.contents.items) {
    const name = isScalar(key) ? String(key.value) : '';
    const place = at(key.range?.[0] ?? 0);
    if (!names.keys.includes(name)) {
      problems.push(
        `${place}: ${JSON.stringify(name)} is no setting of Lockholm${didYouMean(name, names.keys)}`,
      );
      continue;
    }
    found.set(name, {
      raw: value?.toJS(document),
      folder: dirname(path),
      place: (inner) => `${inner.length === 0 ? place : at(offsetOf(document, [name, ...inner]))}: ${name}`,
    });
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return found;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new SettingsError([`${path}: the settings file cannot be read: ${(error as Error).message}`]);
  }
}

/** Of the nearest part of the value that the path leads to. */
function offsetOf(document: Document<ParsedNode>, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}
