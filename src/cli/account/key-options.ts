import type { Command } from 'commander';
import type { AccessKeySecret } from '../../operator/operations/access-key-secret.ts';
import { somePath } from '../path-argument.ts';

export interface MadeKey {
  readonly AccessKey: AccessKeySecret;
}

export const withKeyOptions = (command: Command): Command =>
  command
    .option('--profile <name>', 'name of the profile (default: lockholm-<account>)')
    .option(
      '--profile-file <file>',
      'add the key to this file of AWS credentials instead of showing it',
      somePath,
    );
