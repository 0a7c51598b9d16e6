import type { Command } from 'commander';
import type { DomainDescription } from '../../operator/operations/describe-domain.ts';
import { callOperator } from '../operator-client.ts';
import { printFacts, printJson } from '../output.ts';
import { onServer } from '../program.ts';

interface Options {
  readonly data: string;
  readonly json?: boolean;
}

export function registerShow(domain: Command): void {
  const command = domain
    .command('show')
    .description('show the epoch of the domain state, its keys, and a rotation under way');
  onServer(command).action(async ({ data, json }: Options) => {
    const found = await callOperator<DomainDescription>(data, 'DescribeDomain', {});
    if (json) printJson(found);
    else show(found);
  });
}

function show({ Epoch, CurrentKey, Keys, Rotation }: DomainDescription): void {
  const lines = Keys.map(({ Id, Created, AgeDays }) => {
    const role = Id === CurrentKey ? 'current' : 'until no key is under it';
    return `${Id}  made ${Created} (${AgeDays} days ago), ${role}`;
  });
  printFacts([
    ['epoch', String(Epoch)],
    ['domain keys', ...lines],
    ['rotation', ...(Rotation === undefined ? ['none under way'] : rotationLines(Rotation))],
  ]);
}

type Rotation = DomainDescription['Rotation'] & object;

export const rotationLine = ({ Phase, TokensReEncrypted }: Rotation): string =>
  `${phases[Phase]}; ${TokensReEncrypted} keys re-encrypted`;

const phases: Readonly<Record<Rotation['Phase'], string>> = {
  rotate: 'about to begin',
  're-encrypt': 're-encrypting what is stored',
  settle: 'waiting until nothing uses the old key',
  erase: 'erasing what was under the old key',
};

function rotationLines(rotation: Rotation): readonly string[] {
  const { FailedRuns } = rotation;
  const failed =
    FailedRuns === 0 ? [] : [`failed ${FailedRuns} times and will be tried again: the log says why`];
  return [rotationLine(rotation), ...failed];
}
