/** What the groups work with: servers that are stopped at the end, notes on what is to be had, and what was asked for. */
import type { Contender } from './contenders/contender.ts';
import type { Options } from './options.ts';
import { type Server, startServer } from './server.ts';

/** Progress goes to standard error, so that --json can be piped. */
export const say = (text: string): void => console.error(text);

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ');

export class Workbench {
  readonly options: Options;
  /** Reasons, by name. */
  readonly skipped: Record<string, string> = {};
  readonly firstAnswerSeconds: Record<string, number> = {};
  readonly #closing: (() => unknown)[] = [];

  constructor(options: Options) {
    this.options = options;
  }

  wants(contender: string): boolean {
    const { only } = this.options;
    return only.length === 0 || only.includes(contender);
  }

  async start(contender: Contender): Promise<Server> {
    say(`${contender.name}: ${contender.about}`);
    await contender.install();
    const server = await startServer(contender);
    this.#closing.push(() => server.stop());
    this.firstAnswerSeconds[contender.name] ??= server.firstAnswerSeconds;
    return server;
  }

  /** For what is not to be had everywhere: undefined, and noted, where it fails. */
  async attempt<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.skipped[name] = reasonOf(error);
      say(`Skipped ${name}: ${this.skipped[name]}`);
      return undefined;
    }
  }

  /** Before the servers that were started earlier are stopped. */
  closing(work: () => unknown): void {
    this.#closing.push(work);
  }

  async close(): Promise<void> {
    for (const work of this.#closing.splice(0).reverse()) await work();
  }
}
