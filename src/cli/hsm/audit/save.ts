import type { Command } from 'commander';
import { pemOfSpki } from '../../../core/public-key.ts';
import { shellWord } from '../../output.ts';
import { somePath } from '../../path-argument.ts';
import { type Answer, answering } from '../answer.ts';
import { intoNewFile } from '../files.ts';
import { asUser, type LoginOptions, withLogin } from '../login.ts';
import { sequence } from './list.ts';
import { auditLines, entryOf } from './read.ts';

interface Options extends LoginOptions {
  readonly path: string;
  readonly first: number;
}

export function registerSave(audit: Command): void {
  const command = audit
    .command('save')
    .description(
      'keep the audit log of the HSM that answers in a file, as signed, and its public key beside it',
    )
    .requiredOption('--path <file>', 'a new file; the public key goes into FILE.pem', somePath)
    .option('--first <sequence>', 'from this entry on', sequence, 1);
  answering(withLogin(command), save);
}

async function save(options: Options): Promise<Answer> {
  const { path, first } = options;
  const keyPath = `${path}.pem`;
  const saved = await intoNewFile(path, (writeLog) =>
    intoNewFile(keyPath, (writeKey) =>
      asUser(options, async ({ connection }) => {
        const lines = await Array.fromAsync(auditLines(connection, first));
        const { identity, hsmId } = await connection.call('info', {});
        await writeKey(pemOfSpki(identity));
        await writeLog(lines.map((line) => `${line}\n`).join(''));
        return {
          hsmId,
          entries: lines.length,
          last: lines.length === 0 ? 0 : entryOf(lines.at(-1) ?? '').sequence,
        };
      }),
    ),
  );
  return {
    data: { 'hsm-id': saved.hsmId, entries: saved.entries, last: saved.last, path, 'public-key': keyPath },
    text:
      `${saved.entries} entries of ${saved.hsmId}, up to ${saved.last}, are in ${path}. To check them without any HSM:\n` +
      `  lockholm hsm audit verify ${shellWord(path)} --public-key ${shellWord(keyPath)}`,
  };
}
