/** The root key and the domain state in force in this engine, and how a state comes into force. */
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import {
  type DomainState,
  newDomainState,
  newSecret,
  openDomainState,
  sealDomainState,
} from './domain-state.ts';
import { GCM_NONCE_SIZE } from './gcm.ts';
import { EngineError } from './protocol/messages.ts';

export interface Proposal {
  readonly blob: Buffer;
  readonly epoch: number;
}

interface Loaded {
  readonly state: DomainState;
  readonly blob: Buffer;
}

const MAX_ID = 0xffff_ffff;

export class Domain {
  #root: KeyObject | undefined;
  #inForce: Loaded | undefined;
  readonly #onChange: (state: DomainState) => void;

  /** `onChange` learns of each state that comes into force. */
  constructor(onChange: (state: DomainState) => void) {
    this.#onChange = onChange;
  }

  get root(): KeyObject | undefined {
    return this.#root;
  }
  get blob(): Buffer | undefined {
    return this.#inForce?.blob;
  }
  /** 0 when sealed. */
  get epoch(): number {
    return this.#inForce?.state.epoch ?? 0;
  }
  /** Throws `sealed`. */
  get state(): DomainState {
    if (this.#inForce === undefined) throw new EngineError('sealed', 'the engine has no domain state');
    return this.#inForce.state;
  }

  /** Copies and erases `raw`. The first root key stays: false when this is another one. */
  holdRoot(raw: Buffer): boolean {
    const key = createSecretKey(raw);
    raw.fill(0);
    this.#root ??= key;
    return this.#root.equals(key);
  }

  /**
   * Opens a blob that may come into force. Throws `sealed`; `wrong-token` when it does not open under the root
   * key; `stale-domain` when it is older than the state in force, or another one of the same epoch.
   */
  examine(blob: Uint8Array): Loaded {
    const state = openDomainState(this.#needRoot(), blob);
    if (state === undefined)
      throw new EngineError('wrong-token', 'the domain state does not open under this seal');
    const loaded = { state, blob: Buffer.from(blob) };
    this.#refuseStale(loaded);
    return loaded;
  }

  apply(loaded: Loaded): void {
    this.#refuseStale(loaded);
    if (loaded.state.epoch === this.epoch) return;
    this.#inForce = loaded;
    this.#onChange(loaded.state);
  }

  proposeFirst(): Proposal {
    const root = this.#needRoot();
    if (this.#inForce !== undefined) throw new EngineError('refused', 'a domain state is in force already');
    return seal(root, newDomainState(Date.now()));
  }

  proposeRotation(minimumEpoch = 0): Proposal & { readonly domainKeyId: number } {
    const { state } = this;
    const epoch = Math.max(state.epoch + 1, minimumEpoch);
    // Each epoch brings one key at most: so an id that was used in epochs left out here is not used again.
    const id = Math.max(...state.keys.keys()) + epoch - state.epoch;
    if (id > MAX_ID) throw new EngineError('refused', 'no domain key id is left');
    const current = { id, created: Date.now(), key: newSecret() };
    const keys = new Map(state.keys).set(id, current);
    return {
      ...seal(this.#needRoot(), { ...state, epoch, keys, current }),
      domainKeyId: id,
    };
  }

  proposeRetirement(): Proposal {
    const { state } = this;
    const keys = new Map([[state.current.id, state.current]]);
    return seal(this.#needRoot(), { ...state, epoch: state.epoch + 1, keys });
  }

  #needRoot(): KeyObject {
    if (this.#root === undefined) throw new EngineError('sealed', 'the engine has no root key');
    return this.#root;
  }

  #refuseStale({ state, blob }: Loaded): void {
    const stale =
      state.epoch < this.epoch ||
      (state.epoch === this.epoch && this.blob !== undefined && !this.blob.equals(blob));
    if (stale) throw new EngineError('stale-domain', `epoch ${this.epoch} is in force`);
  }
}

function seal(root: KeyObject, state: DomainState): Proposal {
  if (!Number.isSafeInteger(state.epoch)) throw new EngineError('refused', 'no epoch is left');
  return { blob: sealDomainState(root, state, randomBytes(GCM_NONCE_SIZE)), epoch: state.epoch };
}
