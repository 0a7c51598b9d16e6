/** Processes, folders, the seal and the domain keys of the running server. */

import { assumed, enforced, recorded, resting } from '../basis.ts';
import { type Bare, CLEAR, type Fact } from '../facts.ts';
import { DATA_FOLDER, domainKeyName, ENGINE, FRONT, SEAL, SEAL_FILE } from './names.ts';
import type { People } from './people.ts';
import type { Machine } from './sources.ts';

export function machineFacts(
  people: People,
  machine: Machine,
  domainKeys: readonly number[],
): readonly Fact[] {
  return [
    ...processes(machine),
    ...folders(people, machine),
    ...domainKeys.flatMap((id) => [
      ...resting(recorded('store'), {
        fact: 'stored',
        secret: domainKeyName(id),
        place: DATA_FOLDER,
        under: SEAL,
      }),
      ...resting(enforced('the engine', machine.host), {
        fact: 'mem',
        process: ENGINE,
        secret: domainKeyName(id),
      }),
    ]),
  ];
}

function processes({ host, user, listensBeyondHost }: Machine): readonly Fact[] {
  const proc = (process: string): Bare => ({
    fact: 'proc',
    process,
    role: process,
    host,
    user,
    state: 'run',
  });
  return [
    ...resting(enforced('the operating system', host), proc(FRONT), proc(ENGINE)),
    // Nothing else is said of the network: where calls leave the machine, they are as open as a declaration has it.
    ...(listensBeyondHost
      ? []
      : resting(enforced('the listener, which takes calls of its own machine alone', host), {
          fact: 'tls',
          process: FRONT,
        })),
  ];
}

function folders(people: People, { host, seal }: Machine): readonly Fact[] {
  const readers = (place: string, ...others: readonly string[]): readonly Bare[] =>
    [...people.of('service-account'), ...others].map((party) => ({ fact: 'reader', party, place }));
  const sealPlace = seal.inDataFolder ? DATA_FOLDER : SEAL_FILE;
  const thief = seal.onDataDisk ? ['thief-of-disk'] : [];
  return [
    ...resting(
      enforced('the operating system', host),
      { fact: 'place', place: DATA_FOLDER, kind: 'data', host },
      ...readers(DATA_FOLDER),
      ...(seal.inDataFolder
        ? []
        : [{ fact: 'place', place: SEAL_FILE, kind: 'seal', host } as const, ...readers(SEAL_FILE)]),
    ),
    ...resting(
      assumed('whoever takes the disk reads what is on it'),
      { fact: 'reader', party: 'thief-of-disk', place: DATA_FOLDER },
      ...(seal.inDataFolder ? [] : thief.map((party): Bare => ({ fact: 'reader', party, place: SEAL_FILE }))),
    ),
    ...resting(recorded('store'), { fact: 'stored', secret: SEAL, place: sealPlace, under: CLEAR }),
  ];
}
