/**
 * Keeps host and rows together: what the rows say is to run is said to the host, and what the HSMs then say of themselves
 * is written to the rows. A pass can be made at any time and again; passes of one cluster follow each other.
 */
import { HsmError } from '../../hsm/protocol/errors.ts';
import { beginnings } from '../../hsm/protocol/host-messages.ts';
import { modes } from '../../hsm/protocol/values.ts';
import { StoreError } from '../../store/contract.ts';
import type { CloudHsm } from '../cloudhsm.ts';
import { type ClusterRecord, type HsmRecord, membersOf, type StoredCluster } from '../cluster.ts';
import type { RunRequest } from '../host/messages.ts';
import { progressOf } from './progress.ts';

export type Warn = (event: string, facts: Readonly<Record<string, unknown>>) => void;

const RETRY_MS = 1000;

export class Follower {
  readonly #parts: CloudHsm;
  readonly #warn: Warn;
  /** Row ids of clusters that a pass was asked for. */
  readonly #wanted = new Set<string>();
  /** What the host was told to run in this session, and how. */
  readonly #told = new Map<string, string>();
  /** Row id of the cluster by HSM. */
  readonly #clusterOf = new Map<string, string>();
  #running: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(parts: CloudHsm, warn: Warn) {
    this.#parts = parts;
    this.#warn = warn;
    parts.host.follow({
      attached: () => {
        this.#told.clear();
        void this.followAll();
      },
      status: ({ hsmId }) => {
        const cluster = this.#clusterOf.get(hsmId);
        if (cluster !== undefined) this.follow(cluster);
      },
    });
  }

  /** Looks at every cluster, as after a start. Never rejects. */
  async followAll(): Promise<void> {
    try {
      for await (const { id, value } of this.#parts.clusters.everywhere())
        if (value.hsms.length > 0) this.follow(id);
    } catch (error) {
      this.#warn('clusters-not-read', { error });
      this.#later(() => void this.followAll());
    }
  }

  /** `cluster` is the row's id. Returns at once, and never throws. */
  follow(cluster: string): void {
    if (this.#stopped) return;
    this.#wanted.add(cluster);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#wanted.size > 0) this.#later(() => this.#wanted.forEach((id) => void this.follow(id)));
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    await this.#running;
  }

  async #run(): Promise<void> {
    // What was asked for again while its pass failed waits for the retry.
    const failed = new Set<string>();
    for (;;) {
      const next = [...this.#wanted].find((id) => !failed.has(id));
      if (next === undefined || this.#stopped) return;
      this.#wanted.delete(next);
      try {
        await this.#pass(next);
      } catch (error) {
        failed.add(next);
        this.#wanted.add(next);
        if (!passing(error)) this.#warn('cluster-not-followed', { cluster: next, error });
      }
    }
  }

  async #pass(id: string): Promise<void> {
    const stored = await this.#parts.rows.get<ClusterRecord>('hsm-cluster', id);
    if (stored === undefined) return;
    // Also those that are to go: the last backup may be made of them.
    for (const hsm of stored.value.hsms) {
      this.#clusterOf.set(hsm.id, id);
      await this.#tell(stored.value, hsm);
    }
    await this.#note(stored);
  }

  async #tell(cluster: ClusterRecord, hsm: HsmRecord): Promise<void> {
    const request = this.#runRequest(cluster, hsm);
    const said = JSON.stringify(request);
    if (this.#told.get(hsm.id) === said) return;
    await this.#parts.host.call('run', request);
    this.#told.set(hsm.id, said);
  }

  #runRequest(cluster: ClusterRecord, hsm: HsmRecord): RunRequest {
    return {
      hsmId: hsm.id,
      clusterId: cluster.id,
      family: cluster.family,
      address: hsm.address,
      port: this.#parts.network.port,
      beginning: beginnings.indexOf(hsm.beginning),
      made: hsm.state !== 'CREATE_IN_PROGRESS',
      mode: modes.indexOf(cluster.start),
      members: membersOf(cluster).map(({ id }) => id),
      backupId: hsm.backupId ?? '',
      clusterCertificate: cluster.initialization?.clusterCertificate ?? '',
    };
  }

  async #note(stored: StoredCluster): Promise<void> {
    const progress = progressOf(stored, this.#parts);
    if (progress === undefined) return;
    await this.#parts.events.commit(progress.change, progress.event);
    // Something else may follow from it.
    this.follow(stored.id);
  }

  #later(act: () => void): void {
    if (this.#stopped) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(act, RETRY_MS).unref();
  }
}

/** There is no host yet, or another change of the row came first. */
const passing = (error: unknown): boolean =>
  (error instanceof HsmError && error.code === 'unavailable') ||
  (error instanceof StoreError && error.code === 'conflict');
