/** Calls that note what they were answered, for one worker of the load. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KMS } from '@aws-sdk/client-kms';
import type { Random } from '../support/random.ts';
import type { Book, Known } from './book.ts';

/** So that a server that is down is not asked all the time. */
const AFTER_FAILURE_MS = 50;

interface Answer {
  readonly $metadata: { readonly requestId?: string | undefined; readonly attempts?: number | undefined };
}

interface About {
  readonly keyArn?: string;
  /** Refusals that are right here: those of a retry whose first attempt took effect. */
  readonly expected?: readonly string[];
  /** Told how often the SDK tried. */
  readonly tried?: (attempts: number) => void;
}

/** A change of a value that this worker alone changes. */
interface Change<T> {
  readonly known: Known<T>;
  readonly value: T;
  readonly sent: Promise<unknown>;
  /** Undefined where the reading fails too. */
  read(): Promise<{ readonly value: T } | undefined>;
}

export class Caller {
  readonly name: string;
  readonly kms: KMS;
  readonly random: Random;
  readonly #book: Book;
  #serial = 0;

  constructor(name: string, kms: KMS, random: Random, book: Book) {
    this.name = name;
    this.kms = kms;
    this.random = random;
    this.#book = book;
  }

  /** A text that no other call uses. */
  next(what: string): string {
    this.#serial += 1;
    return `${what} ${this.name} ${this.#serial}`;
  }

  violated(what: string): void {
    this.#book.violations.push(what);
  }

  /** The answer, once it is noted; undefined when the outcome is unknown or the call was refused. */
  async send<A extends Answer>(
    operation: string,
    sending: Promise<A>,
    { keyArn, expected = [], tried }: About = {},
  ): Promise<A | undefined> {
    try {
      const answer = await sending;
      const { requestId = '', attempts = 1 } = answer.$metadata;
      tried?.(attempts);
      this.#book.acknowledged.push({ operation, requestId, ...(keyArn !== undefined && { keyArn }) });
      return answer;
    } catch (error) {
      const attempts = this.#book.failed(operation, error, expected);
      tried?.(attempts);
      await sleep(AFTER_FAILURE_MS);
      return undefined;
    }
  }

  async change<T>({ known, value, sent, read }: Change<T>): Promise<void> {
    if ((await sent) !== undefined) known.acknowledge(value);
    else {
      known.doubt(value);
      await this.settle({ known, read });
    }
  }

  /** Finds out what an unknown outcome was. */
  async settle<T>({ known, read }: Pick<Change<T>, 'known' | 'read'>): Promise<void> {
    const reading = await read();
    if (reading === undefined) return;
    const { value } = reading;
    if (!known.allows(value)) this.violated(`read ${String(value)} where ${known} is right`);
    known.acknowledge(value);
  }
}
