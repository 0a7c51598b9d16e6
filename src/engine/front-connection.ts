/** The engine's end of a pair with a front: reads requests, runs the lane's handlers, answers. */
import type { Socket } from 'node:net';
import type { Domain } from './domain.ts';
import type { Handlers } from './lanes/lane.ts';
import { type Field, FrameError, type Reader, text, u8 } from './protocol/codec.ts';
import { FrameSocket } from './protocol/frame-socket.ts';
import { ERROR_CODE } from './protocol/frames.ts';
import { type Lane, lanes } from './protocol/ipc.ts';
import { type Log, whereFrom } from './protocol/log.ts';
import { EngineError, engineErrorCodes, type MessageName, messages } from './protocol/messages.ts';
import { Session } from './session.ts';

/** Requests whose handlers wait; beyond, the front is not read until some are answered. */
const MAX_UNDER_WAY = 256;
const INTERNAL = 'the engine failed';

type Handle = (request: unknown, session: Session) => unknown;
interface Route {
  readonly code: number;
  readonly request: Field<unknown>;
  readonly reply: Field<unknown>;
  /** Absent: a message of the other lane. */
  readonly handle: Handle | undefined;
}
export type Routes = readonly (Route | undefined)[];

/** By message code. */
export function routesOf(handlers: Partial<Handlers>): Routes {
  const routes: (Route | undefined)[] = [];
  for (const [name, message] of Object.entries(messages)) {
    const handle = handlers[name as MessageName] as Handle | undefined;
    routes[message.code] = { ...(message as unknown as Omit<Route, 'handle'>), handle };
  }
  return routes;
}

export const helloHandler =
  (lane: Lane, domain: Domain): Handlers<'hello'>['hello'] =>
  (_, session) => ({
    session: session.id,
    lane: lanes.indexOf(lane),
    epoch: domain.epoch,
    sealed: domain.epoch === 0,
  });

export function serveFront(socket: Socket, routes: Routes, log: Log): void {
  const session = new Session();
  let greeted = false;
  let underWay = 0;

  const answer = (id: number, route: Route, reply: unknown): void => {
    try {
      link.send(id, route.code, (writer) => route.reply.write(writer, reply));
    } catch (error) {
      refuse(id, error instanceof RangeError ? new EngineError('refused', error.message) : error);
    }
    eraseSecrets(reply);
  };
  const refuse = (id: number, error: unknown): void => {
    const known = error instanceof EngineError && error.code !== 'unavailable' ? error : undefined;
    if (known === undefined) log('request-failed', whereFrom(error));
    link.send(id, ERROR_CODE, (writer) => {
      u8.write(writer, engineErrorCodes.indexOf((known?.code ?? 'internal') as 'internal'));
      text.write(writer, known?.message ?? INTERNAL);
    });
  };
  const finish = (): void => {
    underWay -= 1;
    if (underWay === MAX_UNDER_WAY - 1) link.hold(false);
  };
  const wait = (id: number, route: Route, reply: Promise<unknown>): void => {
    underWay += 1;
    if (underWay === MAX_UNDER_WAY) link.hold(true);
    reply
      .then(
        (value) => answer(id, route, value),
        (error: unknown) => refuse(id, error),
      )
      .finally(finish);
  };
  const run = (id: number, route: Route, request: unknown): void => {
    try {
      if (route.handle === undefined) throw new EngineError('refused', 'this lane answers no such message');
      const reply = route.handle(request, session);
      if (reply instanceof Promise) wait(id, route, reply);
      else answer(id, route, reply);
    } catch (error) {
      refuse(id, error);
    }
  };
  const frame = (id: number, code: number, body: Reader): void => {
    const route = routes[code];
    if (route === undefined) throw new FrameError('an unknown message');
    if (!greeted && code !== messages.hello.code) throw new FrameError('a message before hello');
    greeted = true;
    const request = route.request.read(body);
    body.end();
    run(id, route, request);
  };
  const link = new FrameSocket(
    socket,
    {
      frame,
      closed(reason) {
        if (reason instanceof FrameError) log('front-pair-closed', { reason: reason.message });
      },
    },
    { pauseWhenBlocked: true },
  );
}

/** Plaintexts, data keys and signing keys, once they are in the batch. */
function eraseSecrets(reply: unknown): void {
  const { plaintext, key, value } = reply as { plaintext?: Buffer; key?: Buffer; value?: Buffer };
  plaintext?.fill(0);
  key?.fill(0);
  value?.fill(0);
}
