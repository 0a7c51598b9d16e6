/** Where encryption reads and writes. */
import type { Command } from 'commander';
import { MAX_PLAINTEXT } from '../../../hsm/protocol/messages.ts';
import { EXIT_USAGE, Failure } from '../../failure.ts';
import { somePath } from '../../path-argument.ts';
import { readInput } from '../files.ts';
import { FILTER, type KeyFilter, parseFilter } from '../key/key-filter.ts';
import type { LoginOptions } from '../login.ts';
import { STDIN } from '../secrets.ts';

export interface TextOptions extends LoginOptions {
  readonly filter: KeyFilter;
  readonly in: string;
  readonly out: string;
  readonly aad?: string;
  readonly aadFile?: string;
}

export const withText = (command: Command): Command =>
  command
    .requiredOption('--filter <filter>', FILTER, parseFilter)
    .option('--in <file>', 'what to read; - is standard input', somePath, STDIN)
    .option('--out <file>', 'where to write; - is standard output', somePath, STDIN)
    .option('--aad <text>', 'what has to be the same at decryption, and is not secret')
    .option('--aad-file <file>', 'likewise, from a file', somePath);

export async function readText(options: TextOptions): Promise<{ text: Buffer; aad: Buffer }> {
  requireApart(options);
  const text = await readInput(options.in);
  if (text.length > MAX_PLAINTEXT)
    throw new Failure(
      `An HSM takes at most ${MAX_PLAINTEXT / 1024} KiB at one time. For more, encrypt under a data key and only that here.`,
      EXIT_USAGE,
    );
  const { aad, aadFile } = options;
  return { text, aad: aadFile === undefined ? Buffer.from(aad ?? '') : await readInput(aadFile) };
}

function requireApart({ in: input, out, aad, aadFile, passwordFile, json }: TextOptions): void {
  if ([input, aadFile, passwordFile].filter((each) => each === STDIN).length > 1)
    throw new Failure(
      'Standard input can be one thing: name a file with --in or --password-file.',
      EXIT_USAGE,
    );
  if (aad !== undefined && aadFile !== undefined)
    throw new Failure('Give --aad or --aad-file, not both.', EXIT_USAGE);
  if (json && out === STDIN)
    throw new Failure('With --json, say where the text goes: --out FILE.', EXIT_USAGE);
}
