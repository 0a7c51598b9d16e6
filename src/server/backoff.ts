/** How long to wait before a child that died is started again. */
export interface BackoffOptions {
  /** After the second quick death in a row; doubled by each further one. The first restart is at once. */
  readonly firstMs: number;
  readonly capMs: number;
  /** A child that lived so long did not die quickly. */
  readonly stableMs: number;
}

export const defaultBackoff: BackoffOptions = { firstMs: 50, capMs: 2_000, stableMs: 2_000 };

export class Backoff {
  readonly #options: BackoffOptions;
  #quickDeaths = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Milliseconds to wait, for a child that lived `livedMs`. */
  next(livedMs: number): number {
    const { firstMs, capMs, stableMs } = this.#options;
    if (livedMs >= stableMs) this.#quickDeaths = 0;
    const deaths = this.#quickDeaths;
    this.#quickDeaths += 1;
    return deaths === 0 ? 0 : Math.min(capMs, firstMs * 2 ** (deaths - 1));
  }
}
