/**
 * Structured logs: one JSON object a line with time, level, message and fields. Who logs gives no plaintext, key,
 * token or secret; an error is shown with its stack and causes, which our own errors keep free of them.
 */
import { printableJson } from '../core/printable.ts';

export const levels = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof levels)[number];
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  enabled(level: Level): boolean;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export class JsonLog implements Log {
  readonly #least: number;
  readonly #write: (line: string) => void;
  readonly #now: () => number;

  constructor(level: Level, write: (line: string) => void, now: () => number = Date.now) {
    this.#least = levels.indexOf(level);
    this.#write = write;
    this.#now = now;
  }

  enabled(level: Level): boolean {
    return levels.indexOf(level) >= this.#least;
  }

  debug(message: string, fields?: LogFields): void {
    this.#log('debug', message, fields);
  }
  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields);
  }
  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields);
  }
  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields);
  }

  #log(level: Level, message: string, fields: LogFields = {}): void {
    if (!this.enabled(level)) return;
    const time = new Date(this.#now()).toISOString();
    this.#write(`${printableJson({ time, level, message, ...fields }, 0, showErrors)}\n`);
  }
}

const showErrors = (_: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return value.toString();
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  const code: unknown = 'code' in value ? value.code : undefined;
  return { name, code, message, stack, cause };
};
