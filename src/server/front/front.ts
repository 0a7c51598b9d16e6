/** The front's parts, put together in the order in which each needs the ones before it. */
import { join } from 'node:path';
import { createEncoder } from '../../audit/event.ts';
import { type FileJournal, openJournal } from '../../audit/journal.ts';
import { systemClock } from '../../core/clock.ts';
import { EngineClient } from '../../engine/protocol/client.ts';
import { FIRST_ACCOUNT, newAccount } from '../../identity/accounts.ts';
import { ownerAuthorizer } from '../../identity/authorizer.ts';
import { SigV4Verifier } from '../../identity/sigv4/verifier.ts';
import { kmsService } from '../../kms/service.ts';
import { encodeState, readState } from '../../operator/domain/state-row.ts';
import type { Store } from '../../store/contract.ts';
import { lockDataFolder } from '../../store/data-lock.ts';
import { writeFileDurable } from '../../store/durable-file.ts';
import { engineAuthenticator } from '../../store/engine-authenticator.ts';
import { openRows } from '../../store/rows.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';
import { AwsJson } from '../../wire/aws-json.ts';
import { HttpListener } from '../../wire/listener.ts';
import type { Log } from '../../wire/log.ts';
import { Pipeline } from '../../wire/pipeline.ts';
import type { Settings } from '../settings.ts';
import type { EnginePairs } from './engine-pairs.ts';
import { bindKms } from './kms.ts';
import { serviceEvents } from './service-events.ts';

/** A front that was killed holds its lock for a moment more. */
const LOCK_WAIT_MS = 5_000;

export class Front {
  readonly endpoint: string;
  readonly #listener: HttpListener;
  readonly #journal: FileJournal;
  readonly #store: Store;
  readonly #unlock: () => void;

  private constructor(
    endpoint: string,
    listener: HttpListener,
    journal: FileJournal,
    store: Store,
    unlock: () => void,
  ) {
    this.endpoint = endpoint;
    this.#listener = listener;
    this.#journal = journal;
    this.#store = store;
    this.#unlock = unlock;
  }

  static async start(settings: Settings, pairs: EnginePairs, log: Log): Promise<Front> {
    const unlock = await lockDataFolder(settings.data, 'front-lock', LOCK_WAIT_MS);
    const clock = systemClock;
    const encodeEvent = createEncoder('node-1');
    const store = await openSqliteStore(join(settings.data, 'lockholm.db'));
    const journal = await openJournal(join(settings.data, 'journal'), { node: 'node-1' });
    const engine = new EngineClient({ onPairLost: (lane) => pairs.onLost(lane) });
    pairs.connect(engine);
    const stored = await readState(store);
    let state: { blob: Uint8Array; epoch: number };
    if (stored === undefined) {
      const made = await engine.call('createDomain', {});
      state = { epoch: made.epoch, blob: Uint8Array.from(made.blob) };
      await store.commit({ put: [encodeState(state, 1)] });
    } else state = stored;
    await engine.call('loadDomain', { blob: state.blob });
    const rows = await openRows(store, engineAuthenticator(engine));
    const journalled = (id: string): void => void store.dropOutbox([id]);
    if (stored === undefined) {
      const first = await newAccount(engine, clock, FIRST_ACCOUNT, 'default');
      await rows.commit(first.change);
      await writeFileDurable(
        join(settings.data, 'credentials'),
        `[default]\naws_access_key_id = ${first.accessKey.accessKeyId}\naws_secret_access_key = ${first.accessKey.secret}\n`,
        0o600,
      );
    }
    const kms = bindKms({
      rows,
      store,
      engine,
      events: serviceEvents({ encodeEvent, rows, journal, clock, journalled }),
      lastUsage: { trackingStart: 0, get: () => undefined },
    });
    const pipeline = new Pipeline({
      rows,
      journal,
      encodeEvent,
      authorizer: ownerAuthorizer,
      clock,
      log,
      journalled,
    });
    const verifier = new SigV4Verifier({ rows, engine, clock });
    const listener = new HttpListener({
      pipeline,
      protocols: [new AwsJson(verifier, new Map([['TrentService', kmsService(kms)]]))],
      log,
      unready: () => pipeline.unready,
    });
    const port = await listener.listen({ host: settings.listen.host, port: settings.listen.port });
    return new Front(`http://${settings.listen.host}:${port}`, listener, journal, store, unlock);
  }

  async stop(graceMs: number): Promise<void> {
    await this.#listener.drain(graceMs);
    await this.#journal.close();
    await this.#store.close();
    this.#unlock();
  }
}
