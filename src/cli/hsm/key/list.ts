import type { Command } from 'commander';
import { print } from '../../output.ts';
import { answering } from '../answer.ts';
import { asUser, type LoginOptions, withLogin } from '../login.ts';
import { keyData, keyReference, printKey, printKeys } from './describe.ts';
import { FILTER, findKeys, type KeyFilter, parseFilter } from './key-filter.ts';

interface Options extends LoginOptions {
  readonly filter?: KeyFilter;
  readonly verbose?: boolean;
}

export function registerList(key: Command): void {
  const command = key
    .command('list')
    .description('list the keys that you own or share in, and all public ones')
    .option('--filter <filter>', FILTER, parseFilter)
    .option('--verbose', 'all that is known of each');
  answering(withLogin(command), async (options: Options) => {
    const keys = await asUser(options, ({ connection }) => findKeys(connection, options.filter));
    const short = keys.map(({ handle, label }) => ({
      'key-reference': keyReference(handle),
      attributes: { label },
    }));
    return {
      data: {
        matched_keys: options.verbose ? keys.map(keyData) : short,
        total_key_count: keys.length,
        returned_key_count: keys.length,
      },
      text() {
        if (!options.verbose) printKeys(keys);
        for (const [i, each] of options.verbose ? keys.entries() : []) {
          if (i > 0) print('');
          printKey(each);
        }
      },
    };
  });
}
