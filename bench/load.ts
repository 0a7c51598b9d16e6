/** The load over HTTP: keeps each connection busy with one request at a time. */
import { randomBytes } from 'node:crypto';
import type { Answer } from './answer.ts';
import { Connection, type Load, type Outgoing } from './connection.ts';
import type { LoadPlan, LoadRequest } from './load-contract.ts';
import { carryOut } from './load-process.ts';
import { Meter } from './meter.ts';

const PIECE_BYTES = 256 * 1024;
const piece = randomBytes(PIECE_BYTES);

/** What is wrong with the answer. */
const flaw = ({ status, body, length }: Answer, { answerBytes = length }: Outgoing): string | undefined => {
  if (status !== 200) return `status ${status}: ${body.toString('utf8', 0, 200)}`;
  return length === answerBytes ? undefined : `${length} bytes in the place of ${answerBytes}`;
};

/** A body is whole pieces, or less than one. */
const outgoing = ({ bytes, bodyBytes = 0, ...expected }: LoadRequest): Outgoing => {
  const head = Buffer.from(bytes, 'base64');
  if (bodyBytes < PIECE_BYTES) {
    return { ...expected, first: Buffer.concat([head, piece.subarray(0, bodyBytes)]) };
  }
  if (bodyBytes % PIECE_BYTES !== 0) throw new Error(`a body of ${bodyBytes} bytes is not in whole pieces`);
  return { ...expected, first: head, piece, times: bodyBytes / PIECE_BYTES };
};

carryOut<LoadPlan>(async (plan, measuring) => {
  const requests = plan.requests.map(outgoing);
  const meter = new Meter();
  let sent = 0;
  const load: Load = {
    host: plan.host,
    port: plan.port,
    next: () => requests[sent++ % requests.length] ?? { first: Buffer.alloc(0) },
    answered: (answer, milliseconds, request) => {
      const wrong = flaw(answer, request);
      if (wrong === undefined) meter.answered(milliseconds);
      else meter.failed(wrong);
    },
    failed: (reason) => meter.failed(reason),
  };
  const connections = Array.from({ length: plan.connections }, () => new Connection(load));
  const result = await meter.measure(plan, measuring);
  for (const connection of connections) connection.stop();
  return result;
});
