/**
 * Tokens already opened, so that the hot path opens none. Found by the token's nonce; a hit needs the whole
 * token and the whole binding to be equal, so a cached token is as strict as an opened one.
 *
 * Two generations in place of an exact least-recently-used order: what is used moves to the young one, and
 * when that is full the old one goes. A hit on a hot entry is then one look-up and moves nothing.
 */
import type { KeyObject } from 'node:crypto';
import type { DomainState } from './domain-state.ts';
import type { Binding } from './protocol/binding.ts';
import { domainKeyOf } from './protocol/token-header.ts';
import { keyHandle, openToken, readBinding, wrongToken } from './tokens.ts';

export interface OpenedToken {
  readonly token: Buffer;
  readonly encodedBinding: Buffer;
  readonly binding: Binding;
  readonly secret: KeyObject;
}

const CAPACITY = 50_000;
const NONCE_START = 6;
const NONCE_END = 18;

export class OpenedTokens {
  readonly #generationSize: number;
  #young = new Map<string, OpenedToken>();
  #old = new Map<string, OpenedToken>();

  constructor(capacity: number = CAPACITY) {
    this.#generationSize = Math.max(1, Math.floor(capacity / 2));
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Throws `wrong-token` and `unknown-domain-key`. */
  open(state: DomainState, token: Uint8Array, encodedBinding: Uint8Array): OpenedToken {
    const id = nonceOf(token);
    const known = this.#find(id);
    if (known !== undefined) {
      if (!known.token.equals(token) || !known.encodedBinding.equals(encodedBinding)) throw wrongToken();
      return known;
    }
    const binding = readBinding(encodedBinding);
    const secret = keyHandle(openToken(state.keys, binding.kind, encodedBinding, token));
    const opened = {
      token: Buffer.from(token),
      encodedBinding: Buffer.from(encodedBinding),
      binding,
      secret,
    };
    this.#keep(id, opened);
    return opened;
  }

  forget(token: Uint8Array): void {
    const id = nonceOf(token);
    this.#young.delete(id);
    this.#old.delete(id);
  }

  /** Forgets what is under domain keys that the state no longer has. */
  keepOnly(state: DomainState): void {
    for (const generation of [this.#young, this.#old]) {
      for (const [id, { token }] of generation) {
        if (!state.keys.has(domainKeyOf(token))) generation.delete(id);
      }
    }
  }

  #find(id: string): OpenedToken | undefined {
    const young = this.#young.get(id);
    if (young !== undefined) return young;
    const old = this.#old.get(id);
    if (old !== undefined) {
      this.#old.delete(id);
      this.#keep(id, old);
    }
    return old;
  }

  #keep(id: string, opened: OpenedToken): void {
    if (this.#young.size >= this.#generationSize) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(id, opened);
  }
}

function nonceOf(token: Uint8Array): string {
  const buffer = Buffer.from(token.buffer, token.byteOffset, token.byteLength);
  return buffer.toString('latin1', NONCE_START, NONCE_END);
}
