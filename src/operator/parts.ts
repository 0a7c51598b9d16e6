/** What the operator's operations need of the server that they run in. */
import type { Journal } from '../audit/contract.ts';
import type { Clock } from '../core/clock.ts';
import type { Engine } from '../engine/protocol/messages.ts';
import type { ClockGuard } from '../store/clock-guard.ts';
import type { JobRunner } from '../store/jobs.ts';
import type { Rows } from '../store/rows-contract.ts';
import type { EngineState } from './engine-watch.ts';

export interface OperatorParts {
  readonly rows: Rows;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly journal: Pick<Journal, 'size' | 'lastTime'>;
  /** How many entries the database knew of that the journal did not have when the server started. */
  readonly missingEntries: number;
  readonly server: ServerFacts;
  readonly engines: () => readonly EngineState[];
  readonly jobs: Pick<JobRunner, 'status'>;
  readonly clockGuard: Pick<ClockGuard, 'acknowledgeClock'>;
}

export interface ServerFacts {
  readonly version: string;
  /** Whom to send a signal that stops the server. */
  readonly processId: number;
  /** Milliseconds since the epoch. */
  readonly started: number;
  /** As clients address it; known once it listens. */
  readonly endpoint: () => string;
  /** The one that clients are told to use by default. */
  readonly region: string;
  readonly data: string;
  /** Path of the file seal. */
  readonly seal: string;
  readonly facts: readonly Declared[];
}

/** A fact about the outside world, as the settings declare it. */
export interface Declared {
  readonly fact: string;
  readonly about: Readonly<Record<string, string>>;
  readonly declaredBy: string;
  readonly declaredAt: string;
}
