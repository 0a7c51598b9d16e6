/** Where clients reach an HSM: connections are accepted here and handed over before anything is read from them. */
import { createServer, type Server, type Socket } from 'node:net';

export interface PortOptions {
  readonly address: string;
  readonly port: number;
  /** Paused. */
  connected(socket: Socket): void;
  /** In words for the tenant; empty when it listens. */
  problem(text: string): void;
}

const AGAIN_MS = 2_000;

export class Port {
  readonly #options: PortOptions;
  #server: Server | undefined;
  #again: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: PortOptions) {
    this.#options = options;
    this.#listen();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#again);
    this.#server?.close();
  }

  #listen(): void {
    const { address, port, connected, problem } = this.#options;
    const server = createServer({ pauseOnConnect: true }, connected);
    this.#server = server;
    server.on('error', (error: NodeJS.ErrnoException) => {
      server.close();
      if (this.#closed) return;
      problem(`Nothing can connect: ${address}:${port} cannot be listened on (${error.code}).`);
      this.#again = setTimeout(() => this.#listen(), AGAIN_MS).unref();
    });
    server.listen({ host: address, port }, () => problem(''));
  }
}
