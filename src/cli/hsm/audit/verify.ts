import type { Command } from 'commander';
import { spkiOfPem } from '../../../core/public-key.ts';
import { type AuditEntry, type AuditProblem, checkAudit, UNSIGNED } from '../../../hsm/protocol/audit.ts';
import { identityFingerprint } from '../../../hsm/protocol/chain.ts';
import { EXIT_USAGE, Failure } from '../../failure.ts';
import { somePath } from '../../path-argument.ts';
import { type Answer, answering } from '../answer.ts';
import { readInput } from '../files.ts';

interface Options {
  readonly json?: boolean;
  readonly publicKey: string;
}

const problems: Readonly<Record<AuditProblem['problem'], string>> = {
  form: 'is no entry of an audit log',
  gap: 'is missing',
  chain: 'does not follow from the one before: an entry was altered, or put in',
  signature: 'is not signed by the HSM',
};

export function registerVerify(audit: Command): void {
  const command = audit
    .command('verify')
    .argument('<file>', 'what `audit save` wrote', somePath)
    .description('check a saved audit log without any HSM: no gap, no altered entry, each signed by the HSM')
    .requiredOption('--public-key <file>', 'the HSM’s public key (PEM), from a source you trust', somePath)
    .option('--json', 'print JSON');
  answering(command, verify);
}

async function verify({ publicKey }: Options, file = ''): Promise<Answer> {
  const key = spkiOf(await readInput(publicKey), publicKey);
  const lines = (await readInput(file))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  // A log from its beginning names the keys in it, up to the one given; a part of one begins under that.
  const whole = lines.at(0)?.includes('"sequence":1,') === true;
  const { entries, problem } = whole ? checkAudit(lines) : checkAudit(lines, key);
  if (problem !== undefined) throw new Failure(`${file}: entry ${problem.at} ${problems[problem.problem]}.`);
  requireKey(entries, key, file, whole);
  const [first, last] = [entries.at(0), entries.at(-1)];
  if (first === undefined || last === undefined) throw new Failure(`${file} has no entries.`);
  const identity = identityFingerprint(key);
  const signed = lastSigned(lines, first.sequence);
  const open = signed < last.sequence ? ` The entries after ${signed} are covered by no signature.` : '';
  return {
    data: { entries: entries.length, first: first.sequence, last: last.sequence, signed, identity },
    text:
      `${entries.length} entries, ${first.sequence} to ${last.sequence}, follow each other and are signed by the HSM with ` +
      `the identity ${identity}.${open} What came after them, or was never shown to you, a file cannot tell.`,
  };
}

/** A locked HSM cannot sign: such entries are covered by the next signature, where there is one. */
const lastSigned = (lines: readonly string[], first: number): number =>
  first + lines.findLastIndex((line) => !line.endsWith(`\t${UNSIGNED}`));

/** Somebody who has no HSM could name a key of his own in the log. */
function requireKey(entries: readonly AuditEntry[], key: Buffer, file: string, whole: boolean): void {
  const named = entries.filter(({ opcode }) => opcode === 'IDENTITY').at(-1);
  if (named === undefined && !whole) return;
  if (String(named?.details?.identity ?? '') !== key.toString('base64'))
    throw new Failure(`${file}: what is signed is not signed by the key in --public-key.`);
}

function spkiOf(pem: Buffer, path: string): Buffer {
  try {
    return spkiOfPem(pem);
  } catch (error) {
    throw new Failure(`${path} is no public key in PEM.`, EXIT_USAGE, error);
  }
}
