/**
 * Tokens already opened, so that the hot path opens none. Found by the token's nonce; a hit needs the whole
 * token and the whole binding to be equal, so a cached token is as strict as an opened one.
 */
import type { KeyObject } from 'node:crypto';
import { Recent } from '../core/recent.ts';
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
  readonly #kept: Recent<OpenedToken>;

  constructor(capacity: number = CAPACITY) {
    this.#kept = new Recent({ entries: capacity });
  }

  get size(): number {
    return this.#kept.size;
  }

  /** Throws `wrong-token` and `unknown-domain-key`. */
  open(state: DomainState, token: Uint8Array, encodedBinding: Uint8Array): OpenedToken {
    const id = nonceOf(token);
    const known = this.#kept.get(id);
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
    this.#kept.set(id, opened);
    return opened;
  }

  forget(token: Uint8Array): void {
    this.#kept.delete(nonceOf(token));
  }

  /** Forgets what is under domain keys that the state no longer has. */
  keepOnly(state: DomainState): void {
    this.#kept.deleteWhere(({ token }) => !state.keys.has(domainKeyOf(token)));
  }
}

function nonceOf(token: Uint8Array): string {
  const buffer = Buffer.from(token.buffer, token.byteOffset, token.byteLength);
  return buffer.toString('latin1', NONCE_START, NONCE_END);
}
