import { dirname } from 'node:path';
import type { Operation } from '../../core/call.ts';
import { type Engine, EngineError } from '../../engine/protocol/messages.ts';
import { listAccounts } from '../../identity/accounts.ts';
import type { JobStatus } from '../../store/jobs.ts';
import { count, flag, isoTime, listOf, operatorOperation, structure, text } from '../operation.ts';
import type { Declared, OperatorParts } from '../parts.ts';

interface Domain {
  readonly Epoch: number;
  readonly CurrentKey: number;
  readonly Keys: readonly { readonly Id: number; readonly Created: string }[];
}
export interface Status {
  readonly Version: string;
  readonly NodeVersion: string;
  readonly ProcessId: number;
  readonly Started: string;
  readonly UptimeSeconds: number;
  readonly Endpoint: string;
  /** The one that clients are told to use by default. */
  readonly ClientRegion: string;
  readonly DataFolder: string;
  readonly Seal: { readonly Kind: string; readonly Path: string; readonly BesideData: boolean };
  readonly Sealed: boolean;
  readonly Engines: readonly { readonly Lane: string; readonly Session: string; readonly Restarts: number }[];
  /** Absent while the slow engine cannot answer. */
  readonly Domain?: Domain;
  readonly Journal: {
    readonly Entries: number;
    readonly LastEntry?: string;
    /** The journal was emptied or cut short before the start: so many entries are gone from its end. */
    readonly MissingEntries?: number;
  };
  readonly Accounts: number;
  readonly Jobs: {
    readonly Running: number;
    /** `held`: jobs that destroy are due and wait, because the clock is in doubt. */
    readonly Clock: string;
    /** Kinds of jobs that wait. */
    readonly Held: readonly string[];
    readonly Message?: string;
  };
  readonly Facts: readonly {
    readonly Fact: string;
    readonly About: Readonly<Record<string, string>>;
    readonly DeclaredBy: string;
    readonly DeclaredAt: string;
  }[];
}

const domain = structure({
  Epoch: count,
  CurrentKey: count,
  Keys: listOf(structure({ Id: count, Created: text })),
});
const fact = structure({
  Fact: text,
  About: { type: 'map', key: text, value: text },
  DeclaredBy: text,
  DeclaredAt: text,
});
const output = structure(
  {
    Version: text,
    NodeVersion: text,
    ProcessId: count,
    Started: text,
    UptimeSeconds: count,
    Endpoint: text,
    ClientRegion: text,
    DataFolder: text,
    Seal: structure({ Kind: text, Path: text, BesideData: flag }),
    Sealed: flag,
    Engines: listOf(structure({ Lane: text, Session: text, Restarts: count })),
    Domain: domain,
    Journal: structure({ Entries: count, LastEntry: text, MissingEntries: count }, [
      'LastEntry',
      'MissingEntries',
    ]),
    Accounts: count,
    Jobs: structure({ Running: count, Clock: text, Held: listOf(text), Message: text }, ['Message']),
    Facts: listOf(fact),
  },
  ['Domain'],
);

export const getStatus = (parts: OperatorParts): Operation =>
  operatorOperation<object, Status>({
    name: 'GetStatus',
    input: structure({}),
    output,
    readOnly: true,
    audit: [],
    async run() {
      const { server, clock, journal } = parts;
      const [accounts, state] = await Promise.all([listAccounts(parts.rows), describeDomain(parts.engine)]);
      return {
        Version: server.version,
        NodeVersion: process.version,
        ProcessId: server.processId,
        Started: isoTime(server.started),
        UptimeSeconds: Math.max(0, Math.floor((clock.now() - server.started) / 1000)),
        Endpoint: server.endpoint(),
        ClientRegion: server.region,
        DataFolder: server.data,
        Seal: { Kind: 'file', Path: server.seal, BesideData: dirname(server.seal) === server.data },
        ...state,
        Engines: parts.engines().map(({ lane, session, restarts }) => ({
          Lane: lane,
          Session: session,
          Restarts: restarts,
        })),
        Journal: {
          Entries: journal.size,
          ...(journal.size === 0 ? {} : { LastEntry: isoTime(journal.lastTime) }),
          ...(parts.missingEntries === 0 ? {} : { MissingEntries: parts.missingEntries }),
        },
        Accounts: accounts.length,
        Jobs: jobs(parts.jobs.status()),
        Facts: server.facts.map(declared),
      };
    },
  });

/** A status says what it can: engines that do not answer are part of it. */
async function describeDomain(engine: Engine): Promise<Pick<Status, 'Sealed' | 'Domain'>> {
  try {
    const { epoch, currentDomainKey, domainKeys } = await engine.call('describeDomain', {});
    const keys = domainKeys.map(({ id, created }) => ({ Id: id, Created: isoTime(created) }));
    return { Sealed: false, Domain: { Epoch: epoch, CurrentKey: currentDomainKey, Keys: keys } };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { Sealed: error.code === 'sealed' };
  }
}

const jobs = ({ running, clock, held, message }: JobStatus): Status['Jobs'] => ({
  Running: running,
  Clock: clock,
  Held: held,
  ...(message === undefined ? {} : { Message: message }),
});

const declared = ({ fact: name, about, declaredBy, declaredAt }: Declared): Status['Facts'][number] => ({
  Fact: name,
  About: about,
  DeclaredBy: declaredBy,
  DeclaredAt: declaredAt,
});
