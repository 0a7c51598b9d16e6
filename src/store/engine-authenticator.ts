/**
 * Row authentication by the engine, which alone holds the key. Rows asked about in one turn of the event loop
 * share messages, of bounded count and size.
 */
import type { Engine } from '../engine/protocol/messages.ts';
import type { Row } from './contract.ts';
import type { MacFacts, RowAuthenticator } from './rows-contract.ts';

const ROWS = 500;
/** Half of what a frame may hold; a larger row travels alone. */
const BYTES = 512 * 1024;

export function engineAuthenticator(engine: Engine): RowAuthenticator {
  const macs = new Batches(async (rows: readonly MacFacts[]) => {
    const reply = await engine.call('authenticateRows', { rows });
    // Replies are views of a frame that will be used again.
    return reply.macs.map((mac) => Uint8Array.from(mac));
  });
  const answers = new Batches(
    async (rows: readonly (MacFacts & Pick<Row, 'mac'>)[]) =>
      (await engine.call('verifyRows', { rows })).valid,
  );
  return { authenticate: (rows) => macs.ask(rows), verify: (rows) => answers.ask(rows) };
}

interface Asked<Question, Answer> {
  readonly question: Question;
  readonly answered: (answer: Answer) => void;
  readonly failed: (error: unknown) => void;
}

class Batches<Question extends { readonly content: Uint8Array }, Answer> {
  readonly #send: (questions: readonly Question[]) => Promise<readonly Answer[]>;
  #waiting: Asked<Question, Answer>[] = [];

  constructor(send: (questions: readonly Question[]) => Promise<readonly Answer[]>) {
    this.#send = send;
  }

  ask(questions: readonly Question[]): Promise<readonly Answer[]> {
    return Promise.all(questions.map((question) => this.#one(question)));
  }

  #one(question: Question): Promise<Answer> {
    if (this.#waiting.length === 0) setImmediate(() => this.#flush());
    return new Promise((answered, failed) => this.#waiting.push({ question, answered, failed }));
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let at = 0; at < waiting.length; ) {
      let size = 0;
      let end = at;
      for (; end < waiting.length && end - at < ROWS; end += 1) {
        size += waiting[end]?.question.content.length ?? 0;
        if (size > BYTES && end > at) break;
      }
      void this.#ask(waiting.slice(at, end));
      at = end;
    }
  }

  async #ask(batch: readonly Asked<Question, Answer>[]): Promise<void> {
    try {
      const answers = await this.#send(batch.map(({ question }) => question));
      if (answers.length !== batch.length) throw new Error('the engine answered for another number of rows');
      for (const [i, answer] of answers.entries()) batch[i]?.answered(answer);
    } catch (error) {
      for (const { failed } of batch) failed(error);
    }
  }
}
