/** What is measured: how it is installed, started and asked. */
import type { Credentials } from '../requests.ts';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Contender {
  readonly name: string;
  /** Shown under the table. */
  readonly about: string;
  /** Installs it into bench/.cache if need be. Throws, with the reason, where it is not to be had. */
  install(): Promise<void>;
  /** Serves on 127.0.0.1:`port`, with `folder`, new and empty, for its data. */
  command(port: number, folder: string): Command;
  /** A path that is answered with a status under 500 as soon as it serves. */
  readonly readyPath: string;
  /** Undefined where it knows no keys and every request is as good as any other. */
  readonly credentials: ((folder: string) => Credentials) | undefined;
}

/** For servers that check no signature. */
export const anyCredentials = (): Credentials => ({ accessKeyId: 'bench', secretAccessKey: 'bench' });
