/** Connections of clients: TLS is ended here, a login decides what is answered, and a session ends with its connection. */
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { MAX_FRAME } from '../engine/protocol/frames.ts';
import { type Log, whereFrom } from '../engine/protocol/log.ts';
import { spkiOfKey } from './certificates.ts';
import type { Machine } from './machine.ts';
import { clusterOperations } from './operations/cluster.ts';
import { keyOperations } from './operations/keys.ts';
import { type Hsm, type Operations, refusalOpcodes } from './operations/operation.ts';
import { useOperations } from './operations/use.ts';
import { userOperations } from './operations/users.ts';
import { HsmError } from './protocol/errors.ts';
import { type Handlers, Link, routesOf } from './protocol/link.ts';
import {
  MAX_FRAME_BEFORE_LOGIN,
  type MessageName,
  messages,
  type ReplyOf,
  type RequestOf,
} from './protocol/messages.ts';
import { ALPN } from './protocol/tls.ts';
import { HANDLE, hsmStates, MAX_CONNECTIONS, userRoles } from './protocol/values.ts';
import type { Session } from './sessions.ts';
import type { TlsFace } from './tls-face.ts';

const beforeLogin = ['info', 'unlock', 'activate', 'login', 'logout'] as const satisfies MessageName[];
type BeforeLogin = (typeof beforeLogin)[number];
type AfterLogin = Exclude<MessageName, BeforeLogin>;

const HANDSHAKE_MS = 10_000;
const LOGIN_MS = 60_000;
const CLOSE_MS = 50;
const byCode: ReadonlyMap<number, MessageName> = new Map(
  Object.entries(messages).map(([name, { code }]) => [code, name as MessageName]),
);

export class Clients {
  readonly #machine: Machine;
  readonly #log: Log;
  readonly #open = new Set<TLSSocket>();
  #face: { readonly use: TlsFace['use']; readonly context: SecureContext } | undefined;
  #built: { readonly for: Hsm; readonly operations: Operations<AfterLogin> } | undefined;

  constructor(machine: Machine, log: Log) {
    this.#machine = machine;
    this.#log = log;
  }

  /** The HSM's state changed: what it shows, and whether anybody may stay. */
  refresh(): void {
    this.#face = undefined;
    if (this.#machine.state === 'halted' || this.#machine.state === 'zeroized') {
      // After the answers that are due.
      setTimeout(() => this.#closeAll(), CLOSE_MS).unref();
    }
  }

  #closeAll(): void {
    for (const socket of this.#open) socket.destroySoon();
  }

  attach(socket: Socket): void {
    if (this.#open.size >= MAX_CONNECTIONS) {
      socket.destroy();
      return;
    }
    const { use, context } = this.#faceNow();
    const secured = new TLSSocket(socket, { isServer: true, secureContext: context, ALPNProtocols: [ALPN] });
    this.#open.add(secured);
    const timer = setTimeout(() => secured.destroy(), HANDSHAKE_MS).unref();
    // A failed handshake is the other end's to notice.
    const failed = (): void => void secured.destroy();
    secured.on('error', failed);
    secured.once('close', () => {
      clearTimeout(timer);
      this.#open.delete(secured);
    });
    secured.once('secure', () => {
      clearTimeout(timer);
      this.#serve(secured, use);
      secured.off('error', failed);
    });
  }

  #faceNow(): { readonly use: TlsFace['use']; readonly context: SecureContext } {
    if (this.#face !== undefined) return this.#face;
    const { key, chain, use } = this.#machine.tlsFace();
    const pem = key.export({ type: 'pkcs8', format: 'pem' });
    const context = createSecureContext({ key: pem, cert: chain, minVersion: 'TLSv1.3' });
    this.#face = { use, context };
    return this.#face;
  }

  #serve(socket: TLSSocket, use: TlsFace['use']): void {
    const machine = this.#machine;
    let session: Session | undefined;
    const timer = setTimeout(() => link.close(), LOGIN_MS).unref();
    const forget = (): void => {
      if (session !== undefined) machine.sessions.remove(session);
      session = undefined;
    };
    const admit = (code: number): void => this.#admit(byCode.get(code), use, session);
    const first: Pick<Handlers<typeof messages>, BeforeLogin> = {
      info: () => this.#info(),
      unlock: async ({ code }) => {
        await machine.unlock(code);
        return {};
      },
      activate: async ({ user, password }) => ({ unlockCode: await machine.activate(user, password) }),
      login: async (request) => {
        if (session !== undefined) throw new HsmError('state', 'this connection has a login');
        const begun = await this.#login(request, forget);
        // While the password was checked the connection may have closed, or logged in.
        if (link.closed || session !== undefined) {
          machine.sessions.remove(begun);
          throw new HsmError('state', 'this connection is closed, or has a login');
        }
        session = begun;
        clearTimeout(timer);
        return { role: userRoles.indexOf(begun.role), session: machine.session };
      },
      logout: () => {
        const user = session?.user ?? '';
        forget();
        machine.audit?.write('LOGOUT', { user });
        return {};
      },
    };
    const loggedIn = (): Session => {
      if (session === undefined) throw notLoggedIn();
      return session;
    };
    const handlers = { ...first, ...this.#afterLogin(loggedIn) } as Handlers<typeof messages>;
    const link = new Link(
      socket,
      {},
      {
        routes: routesOf(messages, handlers),
        admit,
        maxFrame: () => (session === undefined ? MAX_FRAME_BEFORE_LOGIN : MAX_FRAME),
        failed: (error) => this.#log('request-failed', whereFrom(error)),
        pauseWhenBlocked: true,
        closed: () => {
          clearTimeout(timer);
          forget();
        },
      },
    );
  }

  /** What may be asked at all, in this state, on such a connection, by such a user. */
  #admit(name: MessageName | undefined, use: TlsFace['use'], session: Session | undefined): void {
    if (name === undefined) return;
    const { who, when } = messages[name];
    const { state } = this.#machine;
    if (when !== 'any' && state !== when) throw new HsmError('state', `the HSM is ${state}`);
    if (use === 'locked' && name !== 'info' && name !== 'unlock')
      throw new HsmError('state', 'this connection was to a locked HSM: connect again');
    if (who === 'anyone') return;
    if (session === undefined) throw notLoggedIn();
    if (who !== 'user' && session.role !== who)
      throw new HsmError(
        'not-allowed',
        `this is for ${who === 'admin' ? 'administrators' : 'crypto users'} only`,
      );
  }

  #info(): ReplyOf<'info'> {
    const { place, state, mode, reason, session, identity } = this.#machine;
    return {
      ...place,
      state: hsmStates.indexOf(state),
      mode,
      reason,
      session,
      identity: spkiOfKey(identity),
    };
  }

  async #login({ user, password, alone }: RequestOf<'login'>, end: () => void): Promise<Session> {
    const { hsm, users } = this.#machine.unlocked;
    const { role, version } = await users.authenticate(user, password);
    const { sessions } = this.#machine;
    // It may have been locked or halted meanwhile.
    if (this.#machine.unlocked.hsm !== hsm) throw new HsmError('state', `the HSM is ${this.#machine.state}`);
    if (alone && sessions.count(user) > 0)
      throw new HsmError('user-logged-in', `user ${user} is logged in elsewhere`);
    const session: Session = { user, role: userRoles[role] ?? 'appliance', version, end };
    hsm.audit.write('LOGIN', { user });
    sessions.add(session);
    return session;
  }

  /** What is refused is written down, where what is done would be. */
  #afterLogin(loggedIn: () => Session): Pick<Handlers<typeof messages>, AfterLogin> {
    const handlers: Record<string, (request: unknown) => unknown> = {};
    for (const name of byCode.values()) {
      if (beforeLogin.some((each) => each === name)) continue;
      const opcode = refusalOpcodes[name];
      const run = (request: unknown): unknown => {
        const operation = this.#operations()[name as AfterLogin] as (r: unknown, s: Session) => unknown;
        return operation(request, loggedIn());
      };
      handlers[name] =
        opcode === undefined ? run : (request) => this.#audited(opcode, run, request, loggedIn());
    }
    return handlers as unknown as Pick<Handlers<typeof messages>, AfterLogin>;
  }

  async #audited(
    opcode: NonNullable<(typeof refusalOpcodes)[MessageName]>,
    run: (request: unknown) => unknown,
    request: unknown,
    { user }: Session,
  ): Promise<unknown> {
    try {
      return await run(request);
    } catch (error) {
      const result = error instanceof HsmError ? error.code : 'internal';
      const { handle } = request as { handle?: string };
      const key = handle !== undefined && HANDLE.test(handle) ? { key: handle } : {};
      // Not when the HSM has lost its keys meanwhile, which is written down as such.
      this.#machine.audit?.note(opcode, { user, result, ...key });
      throw error;
    }
  }

  #operations(): Operations<AfterLogin> {
    const hsm = this.#machine.unlocked;
    if (this.#built?.for !== hsm) {
      const hooks = {
        clusterChanged: () => this.#machine.clusterChanged(),
        zeroize: (why: string) => this.#machine.zeroize(why),
      };
      const operations = {
        ...userOperations(hsm),
        ...clusterOperations(hsm, hooks),
        ...keyOperations(hsm),
        ...useOperations(hsm),
      };
      this.#built = { for: hsm, operations };
    }
    return this.#built.operations;
  }
}

const notLoggedIn = (): HsmError => new HsmError('not-allowed', 'log in first');
