/** Calls of commands to a running server, over the operator's socket in its data folder. */
import { stat } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { findOperatorSocket } from '../operator/socket.ts';
import { Failure } from './failure.ts';
import { shellWord } from './output.ts';

/** A reply of many accounts, with room. */
const MAX_REPLY = 256 * 1024 * 1024;
/** Many times as often as a server that works says so, and longer than one that hangs is left alone. */
const SILENT_MS = 30_000;

/**
 * However long the work takes, as long as the server is heard of every `silentMs`. Rejects with a Failure that says
 * what to do next.
 */
export async function callOperator<Output>(
  data: string,
  operation: string,
  input: object,
  silentMs = SILENT_MS,
): Promise<Output> {
  const call = { path: `/${operation}`, body: JSON.stringify(input), silentMs };
  const { status, body } = await post(data, call).catch((error) => {
    throw error instanceof Failure ? error : unreachable(data, error as NodeJS.ErrnoException);
  });
  if (status === 200) return JSON.parse(body) as Output;
  const { code, message = `The server answered ${status} to ${operation}: see its log.` } = refusalOf(body);
  throw new OperatorFailure(message, code);
}

/** What the server refused. */
export class OperatorFailure extends Failure {
  readonly code: string | undefined;
  constructor(message: string, code: string | undefined) {
    super(message);
    this.code = code;
  }
}

interface OperatorCall {
  readonly path: string;
  readonly body: string;
  readonly silentMs: number;
}
interface Answer {
  readonly status: number;
  readonly body: string;
}

async function post(data: string, call: OperatorCall): Promise<Answer> {
  await requireFolder(data);
  const socketPath = await findOperatorSocket(data);
  if (socketPath === undefined) throw notRunning(data);
  return send(socketPath, call);
}

async function requireFolder(data: string): Promise<void> {
  try {
    await stat(data);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Failure(
      `There is no data folder ${data}. Name it with --data; a server makes it at its first start.`,
    );
  }
}

function send(socketPath: string, { path, body, silentMs }: OperatorCall): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      'User-Agent': 'lockholm',
    };
    const call = request({ socketPath, path, method: 'POST', headers, agent: false }, (reply) => {
      readText(reply).then((text) => resolve({ status: reply.statusCode ?? 0, body: text }), reject);
    });
    call.on('error', reject);
    call.setTimeout(silentMs, () => call.destroy(silent(silentMs)));
    call.end(body);
  });
}

async function readText(reply: IncomingMessage): Promise<string> {
  let text = '';
  reply.setEncoding('utf8');
  for await (const chunk of reply) {
    text += chunk;
    if (text.length > MAX_REPLY) throw new Error('the answer is too large');
  }
  return text;
}

function refusalOf(body: string): { readonly code?: string; readonly message?: string } {
  try {
    const { code, message } = JSON.parse(body) as { readonly code?: unknown; readonly message?: unknown };
    return { ...(typeof code === 'string' && { code }), ...(typeof message === 'string' && { message }) };
  } catch {
    return {};
  }
}

const notRunning = (data: string): Failure =>
  new Failure(
    `No server runs on the data folder ${data}. Start it: lockholm serve --data ${shellWord(data)}\n` +
      'If it runs elsewhere, name its folder with --data.',
  );

const silent = (ms: number): Failure =>
  new Failure(
    `The server has said nothing for ${ms / 1000} seconds. Is it suspended (Ctrl-Z), or the machine overloaded? A part of ` +
      'it that hangs is started again within seconds: try again, and look at its log. Whether the command took effect is ' +
      'in its journal: lockholm audit tail',
  );

function unreachable(data: string, error: NodeJS.ErrnoException): Failure {
  switch (error.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return notRunning(data);
    case 'EACCES':
    case 'EPERM':
      return new Failure(
        `You may not talk to the server on ${data}: only the user that it runs as may. Use sudo -u with that user.`,
      );
    case 'ECONNRESET':
    case 'EPIPE':
      return new Failure(
        'The server went away before it answered. Whether the command took effect is in its journal: lockholm audit tail',
      );
    default:
      return new Failure(`The server on ${data} cannot be reached: ${error.message}`, undefined, error);
  }
}
