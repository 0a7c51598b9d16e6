import type { Command } from 'commander';
import { HsmError } from '../../hsm/protocol/errors.ts';
import { hsmStates } from '../../hsm/protocol/values.ts';
import { EXIT_USAGE, Failure } from '../failure.ts';
import { type Answer, answering } from './answer.ts';
import { onEach, type ToHsm } from './connect.ts';
import { fingerprint } from './fingerprint.ts';
import { readSecret } from './secrets.ts';
import { onHsm, type Selection, targetsOf } from './selection.ts';
import { HSM_UNLOCK_CODE } from './variables.ts';

interface Options extends Selection {
  readonly unlockCodeFile?: string;
}

export function registerUnlock(hsm: Command): void {
  const command = hsm
    .command('unlock')
    .description(
      'open stopped HSMs of an attended cluster with the unlock code; each one is opened by itself',
    )
    .option(
      '--unlock-code-file <file>',
      `the unlock code, or - for a line of standard input (${HSM_UNLOCK_CODE}; default: asked)`,
    )
    .option(
      '--identity <fingerprint>',
      'for an HSM that is restored from a backup, and has no certificate until then: believe this identity instead',
      fingerprint,
    );
  answering(onHsm(command), unlock);
}

async function unlock(options: Options): Promise<Answer> {
  if (options.identity !== undefined && (await targetsOf(options)).length > 1)
    throw new Failure('--identity is that of one HSM: select it alone, with --hsm.', EXIT_USAGE);
  const code = await readSecret({
    name: 'unlock code',
    option: '--unlock-code-file',
    file: options.unlockCodeFile,
    variable: HSM_UNLOCK_CODE,
    question: 'Unlock code',
    twice: false,
  });
  const { done, failures } = await onEach(options, (hsm) => unlockOne(hsm, code));
  const lines = done.map(lineOf);
  if (failures.length > 0)
    throw new Failure(
      [...lines, ...failures.map(({ message }) => message)].join('\n'),
      undefined,
      failures[0],
    );
  return { data: { hsms: done }, text: lines.join('\n') };
}

interface Opened {
  readonly 'hsm-id': string;
  readonly 'was-locked': boolean;
}

async function unlockOne({ connection, where }: ToHsm, code: string): Promise<Opened> {
  const { hsmId, state } = await connection.call('info', {});
  if (hsmStates[state] === 'active') return { 'hsm-id': hsmId, 'was-locked': false };
  try {
    await connection.call('unlock', { code });
  } catch (error) {
    if (!(error instanceof HsmError) || error.code !== 'wrong-credential') throw error;
    throw new Failure(
      `${where}: ${error.message}. If it was replaced, an older code opens nothing any more.`,
      undefined,
      error,
    );
  }
  return { 'hsm-id': hsmId, 'was-locked': true };
}

const lineOf = (opened: Opened): string =>
  `${opened['hsm-id']} ${opened['was-locked'] ? 'is unlocked' : 'was unlocked already'}.`;
