/** Looks through every byte of a folder for what should not lie there in clear, and for what does by design. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Server } from '../server.ts';
import type { Secret } from '../tenant/tenant.ts';
import type { TheFile } from '../the-file.ts';

export interface Searched {
  readonly files: number;
  readonly size: number;
  readonly lookedFor: readonly string[];
  /** Unexpected. */
  readonly found: readonly string[];
  /** As docs/operating.md says: files that open things. */
  readonly openers: readonly string[];
}

interface Needle extends Secret {
  /** The file where it lies by design. */
  readonly home?: string;
}

export function searchFolder(
  folder: string,
  { lines }: TheFile,
  secrets: readonly Secret[],
  { credentials }: Pick<Server, 'credentials'>,
): Searched {
  const needles: readonly Needle[] = [
    ...lines.map((line, i) => ({ name: `line ${i + 1} looked for of the file`, bytes: Buffer.from(line) })),
    ...secrets.flatMap(writings),
    {
      name: 'the secret of the access key',
      bytes: Buffer.from(credentials.secretAccessKey),
      home: 'credentials',
    },
    {
      name: 'the root key',
      bytes: Buffer.from(rootKeyLine(readFileSync(join(folder, 'seal'), 'utf8'))),
      home: 'seal',
    },
  ];
  const searched = { files: 0, size: 0, found: [] as string[], openers: [] as string[] };
  for (const path of filesIn(folder)) {
    const content = readFileSync(path);
    const file = relative(folder, path);
    searched.files += 1;
    searched.size += content.length;
    for (const { name, bytes, home } of needles)
      if (content.includes(bytes))
        (file === home ? searched.openers : searched.found).push(`${name}, in ${file}`);
  }
  return {
    ...searched,
    lookedFor: [`${lines.length} lines of the file`, ...secrets.map(({ name }) => name)],
  };
}

/** Of three lines, as docs/formats/seal-file.md has them. */
const rootKeyLine = (seal: string): string => seal.split('\n')[1] ?? '';

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());

/** As it is, in hexadecimal and in base64: how a secret might be written down. */
const writings = ({ name, bytes }: Secret): readonly Secret[] => [
  { name, bytes },
  ...(['hex', 'base64'] as const).map((encoding) => ({
    name: `${name} (${encoding})`,
    bytes: Buffer.from(bytes.toString(encoding)),
  })),
];
