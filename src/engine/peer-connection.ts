/** The engine's end of the pair with the other engine (protocol/peer.ts). */
import type { Socket } from 'node:net';
import type { Domain } from './domain.ts';
import { type FieldType, FrameError, type Reader } from './protocol/codec.ts';
import { FrameSocket } from './protocol/frame-socket.ts';
import { type Log, whereFrom } from './protocol/log.ts';
import { EngineError } from './protocol/messages.ts';
import { peerMessages } from './protocol/peer.ts';

const ROOT_KEY_SIZE = 32;
const NO_STATE = Buffer.alloc(0);

export interface PeerEvents {
  /** The other engine brought the root key. */
  rootHeld(): void;
  lost(): void;
}

export class PeerConnection {
  readonly #domain: Domain;
  readonly #events: PeerEvents;
  readonly #log: Log;
  readonly #link: FrameSocket;
  readonly #waiting = new Map<number, () => void>();
  #lastId = 0;

  constructor(socket: Socket, domain: Domain, events: PeerEvents, log: Log) {
    this.#domain = domain;
    this.#events = events;
    this.#log = log;
    this.#link = new FrameSocket(
      socket,
      {
        frame: (id, code, body) => this.#receive(id, code, body),
        closed: (reason) => this.#closed(reason),
      },
      { pauseWhenBlocked: true },
    );
    this.#unseal();
  }

  /** Resolves when the other engine has taken the state, or is gone: its successor is given all anew. */
  push(blob: Buffer): Promise<void> {
    return this.#ask(peerMessages.domain, { blob });
  }

  close(): void {
    this.#link.close();
  }

  #unseal(): void {
    const { root, blob } = this.#domain;
    if (root === undefined) return;
    const rootKey = root.export();
    void this.#ask(peerMessages.unseal, { rootKey, blob: blob ?? NO_STATE });
    rootKey.fill(0);
  }

  #ask<M extends (typeof peerMessages)['unseal' | 'domain']>(
    message: M,
    value: FieldType<M['body']>,
  ): Promise<void> {
    if (this.#link.closed) return Promise.resolve();
    this.#lastId += 1;
    const id = this.#lastId;
    this.#link.send(id, message.code, (writer) => message.body.write(writer, value as never));
    this.#link.flush();
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
    });
  }

  #receive(id: number, code: number, body: Reader): void {
    if (code === peerMessages.taken.code) {
      peerMessages.taken.body.read(body);
      body.end();
      this.#waiting.get(id)?.();
      this.#waiting.delete(id);
      return;
    }
    if (code === peerMessages.unseal.code) this.#takeRoot(body);
    else if (code === peerMessages.domain.code) this.#takeState(peerMessages.domain.body.read(body).blob);
    else throw new FrameError('an unknown message');
    body.end();
    const { epoch } = this.#domain;
    this.#link.send(id, peerMessages.taken.code, (writer) =>
      peerMessages.taken.body.write(writer, { epoch }),
    );
  }

  #takeRoot(body: Reader): void {
    const { rootKey, blob } = peerMessages.unseal.body.read(body);
    if (rootKey.length !== ROOT_KEY_SIZE) throw new FrameError('a root key of another size');
    const knew = this.#domain.root !== undefined;
    if (!this.#domain.holdRoot(rootKey as Buffer)) throw new FrameError('another root key than the one held');
    if (!knew) this.#events.rootHeld();
    this.#takeState(blob);
  }

  /** Of two engines with a state each, the later one's counts. */
  #takeState(blob: Uint8Array): void {
    if (blob.length === 0) return;
    try {
      this.#domain.apply(this.#domain.examine(blob));
    } catch (error) {
      if (!(error instanceof EngineError && error.code === 'stale-domain')) throw error;
    }
  }

  #closed(reason: Error | undefined): void {
    // A socket's own errors mean that the other engine died, which the supervisor logs.
    const fault = reason !== undefined && !('syscall' in reason);
    if (fault) this.#log('peer-pair-closed', whereFrom(reason));
    for (const resolve of this.#waiting.values()) resolve();
    this.#waiting.clear();
    this.#events.lost();
  }
}
