/** What a load was told: calls that were acknowledged, calls that failed, and what must never happen. */
import { KMSServiceException } from '@aws-sdk/client-kms';

export interface Acknowledged {
  readonly operation: string;
  readonly requestId: string;
  /** Of the key that the call was about; absent where it names none. */
  readonly keyArn?: string;
}

export class Book {
  readonly acknowledged: Acknowledged[] = [];
  /** How often each error ended a call, retries included. */
  readonly failures = new Map<string, number>();
  /** How often each error ended an attempt. */
  readonly attempts = new Map<string, number>();
  readonly violations: string[] = [];

  /** `expected`: refusals that are right in the state that the caller knows. Answers how often the SDK tried. */
  failed(operation: string, error: unknown, expected: readonly string[]): number {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    count(this.failures, name);
    if (codeOf(error) === 'ETIMEDOUT') this.violations.push(`${operation} was never answered`);
    if (!(error instanceof KMSServiceException)) return attemptsOf(error);
    if (error.$fault === 'client' && !expected.includes(name))
      this.violations.push(`${operation} was refused: ${name}: ${message} (${error.$metadata.requestId})`);
    return attemptsOf(error);
  }

  attempt(error: unknown): void {
    count(
      this.attempts,
      error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : String(error),
    );
  }
}

const attemptsOf = (error: unknown): number =>
  (error as KMSServiceException | undefined)?.$metadata?.attempts ?? 1;

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;

const count = (counts: Map<string, number>, name: string): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1);
};

/**
 * A value that one worker alone changes. After a call whose outcome is unknown, the value before it and the one that
 * it asked for are both right, until a reading shows which: from then on that one must hold.
 */
export class Known<T> {
  #possible: readonly T[];
  constructor(value: T) {
    this.#possible = [value];
  }

  acknowledge(value: T): void {
    this.#possible = [value];
  }
  doubt(value: T): void {
    if (!this.allows(value)) this.#possible = [...this.#possible, value];
  }
  allows(value: T): boolean {
    return this.#possible.includes(value);
  }
  /** Undefined while the outcome of a call is unknown. */
  get certain(): { readonly value: T } | undefined {
    const [value, ...others] = this.#possible;
    return others.length === 0 ? { value: value as T } : undefined;
  }
  toString(): string {
    return this.#possible.map(String).join(' or ');
  }
}
