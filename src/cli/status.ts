import type { Command } from 'commander';
import type { Status } from '../operator/operations/get-status.ts';
import { callOperator } from './operator-client.ts';
import { printFacts, printJson } from './output.ts';
import { onServer } from './program.ts';

interface Options {
  readonly data: string;
  readonly json?: boolean;
}

const DAY_MS = 86_400_000;

export function registerStatus(program: Command): void {
  const command = program
    .command('status')
    .description('show how a running server is, and what waits for somebody');
  onServer(command).action(async ({ data, json }: Options) => {
    const status = await callOperator<Status>(data, 'GetStatus', {});
    if (json) printJson(status);
    else printFacts(factsOf(status));
  });
}

/** What a profile for the server needs beside its keys. */
export async function clientDefaults(data: string): Promise<{ endpoint: string; region: string }> {
  const { Endpoint, ClientRegion } = await callOperator<Status>(data, 'GetStatus', {});
  return { endpoint: Endpoint, region: ClientRegion };
}

type Fact = readonly [name: string, ...lines: string[]];

const factsOf = (status: Status): readonly Fact[] => [
  ['lockholm', `${status.Version} on Node ${status.NodeVersion}, process ${status.ProcessId}`],
  ['endpoint', status.Endpoint],
  ['started', `${status.Started} (${duration(status.UptimeSeconds)} ago)`],
  ['data', status.DataFolder],
  ['seal', sealText(status)],
  ['engines', ...status.Engines.map((e) => `${e.Lane}: session ${e.Session}, ${e.Restarts} restarts`)],
  ['domain keys', ...domainText(status)],
  ['journal', ...journalText(status)],
  ['accounts', String(status.Accounts)],
  ['jobs', ...jobsText(status)],
  ['declared', ...status.Facts.map(declaredText)],
];

function sealText({ Seal, Sealed }: Status): string {
  const beside = Seal.BesideData ? ', beside the data: who takes both can read everything' : '';
  return `${Sealed ? 'SEALED' : 'open'}, a ${Seal.Kind} (${Seal.Path}${beside})`;
}

function domainText({ Domain }: Status): readonly string[] {
  if (Domain === undefined) return ['not known: the slow engine does not answer'];
  return [
    `epoch ${Domain.Epoch}`,
    ...Domain.Keys.map(({ Id, Created }) => {
      const days = Math.floor((Date.now() - Date.parse(Created)) / DAY_MS);
      return `key ${Id}${Id === Domain.CurrentKey ? ' (current)' : ''}, ${days} days old`;
    }),
  ];
}

function journalText({ Journal: { Entries, LastEntry, MissingEntries } }: Status): readonly string[] {
  const held = LastEntry === undefined ? 'empty' : `${Entries} entries, the last at ${LastEntry}`;
  if (MissingEntries === undefined) return [held];
  return [held, `CUT SHORT before this start: ${MissingEntries} entries are gone from its end`];
}

function jobsText({ Jobs }: Status): readonly string[] {
  const running = `${Jobs.Running} running`;
  if (Jobs.Clock === 'trusted') return [running];
  const waiting = Jobs.Held.length > 0 ? [`WAITING: ${Jobs.Held.join(', ')}`] : [];
  return [
    running,
    ...waiting,
    Jobs.Message ?? '',
    'when the clock is right: lockholm clock acknowledge --yes',
  ];
}

function declaredText({ Fact: name, About, DeclaredBy, DeclaredAt }: Status['Facts'][number]): string {
  return `${name}(${Object.values(About).join(', ')}), by ${DeclaredBy}, ${DeclaredAt}`;
}

function duration(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ] as const;
  const [unit, size] = units.find(([, size]) => seconds >= size) ?? ['s', 1];
  return `${Math.floor(seconds / size)} ${unit}`;
}
