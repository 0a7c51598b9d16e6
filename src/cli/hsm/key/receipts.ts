import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Command } from 'commander';
import { printTable } from '../../output.ts';
import { somePath } from '../../path-argument.ts';
import { answering } from '../answer.ts';
import { writeOutput } from '../files.ts';
import { asUser, type LoginOptions, withLogin } from '../login.ts';
import { readExport } from '../receipt/read.ts';
import { readAnchor } from '../selection.ts';
import { FILTER, findOne, type KeyFilter, parseFilter } from './key-filter.ts';

interface Options extends LoginOptions {
  readonly filter: KeyFilter;
  readonly folder?: string;
}

export function registerReceipts(key: Command): void {
  const command = key
    .command('receipts')
    .description('list every time that a key left, by the receipts that the HSM keeps')
    .requiredOption('--filter <filter>', FILTER, parseFilter)
    .option(
      '--folder <folder>',
      'write each receipt into this folder, named by the hash of what it says',
      somePath,
    );
  answering(withLogin(command), async (options: Options) => {
    const receipts = await asUser(options, async ({ connection }) => {
      const { handle } = await findOne(connection, options.filter);
      return (await connection.call('listExports', { handle })).receipts.map((each) => Buffer.from(each));
    });
    const anchor = await readAnchor(options.trustAnchor);
    const exports = receipts.map((receipt) => readExport(receipt, anchor));
    for (const receipt of options.folder === undefined ? [] : receipts) {
      const name = createHash('sha256').update(receipt).digest('hex').slice(0, 16);
      await writeOutput(join(options.folder ?? '', `${name}.receipt`), receipt);
    }
    return {
      data: { receipts: exports },
      text: () =>
        printTable(
          ['TIME', 'USER', 'BY', 'WRAPPED (SHA-256)', 'UNDER (SHA-256 OF THE PUBLIC KEY)'],
          exports.map(({ time, user, mechanism, wrapped, wrappingKey, wrappingHandle }) => [
            new Date(time).toISOString(),
            user,
            mechanism,
            wrapped,
            wrappingKey ?? `key 0x${wrappingHandle}`,
          ]),
        ),
    };
  });
}
