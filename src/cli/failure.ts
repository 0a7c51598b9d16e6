/** How commands fail: a message that says what to do next, and an exit code. */
import { inspect } from 'node:util';
import { printableLines } from '../core/printable.ts';

export const EXIT_FAILURE = 1;
export const EXIT_USAGE = 2;

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: number;
  constructor(message: string, exitCode: number = EXIT_FAILURE, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}

/** Stacks and causes are for those who look for a fault in Lockholm: LOCKHOLM_DEBUG=1. */
export function report(error: unknown, debug: boolean): void {
  const text = debug ? inspect(error) : `lockholm: ${error instanceof Error ? error.message : String(error)}`;
  console.error(printableLines(text));
}
