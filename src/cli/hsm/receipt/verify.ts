import type { Command } from 'commander';
import { printFacts } from '../../output.ts';
import { somePath } from '../../path-argument.ts';
import { answering } from '../answer.ts';
import { readInput } from '../files.ts';
import { readAnchor, trustAnchorOption } from '../selection.ts';
import { readChecked } from './read.ts';

interface Options {
  readonly json?: boolean;
  readonly trustAnchor: string;
}

export function registerVerify(receipt: Command): void {
  const command = receipt
    .command('verify')
    .argument('<file>', 'a receipt', somePath)
    .description('check a receipt of an HSM without any HSM, and show what it states')
    .addOption(trustAnchorOption())
    .option('--json', 'print JSON');
  answering(command, async ({ trustAnchor }: Options, file = '') => {
    const statement = readChecked(await readInput(file), await readAnchor(trustAnchor));
    return {
      data: { statement },
      text: () =>
        printFacts(
          Object.entries({ ...statement, time: new Date(statement.time).toISOString() })
            .filter(([name]) => name !== 'version')
            .map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') || '-' : String(value)]),
        ),
    };
  });
}
