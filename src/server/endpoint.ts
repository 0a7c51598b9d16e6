/** The address that the server listens on: how clients reach it, and why it cannot be had. */
import { isIPv6 } from 'node:net';
import type { ListenAddress } from './settings.ts';

/** How clients on this machine address a server that listens on `host`: every address includes the loopback one. */
export function localEndpoint(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${hostAndPort({ host: reachable, port })}`;
}

const hostAndPort = ({ host, port }: ListenAddress): string => `${isIPv6(host) ? `[${host}]` : host}:${port}`;

export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/** Says what is wrong with the address when `listening` rejects with an error of the system. */
export async function explained<T>(address: ListenAddress, listening: Promise<T>): Promise<T> {
  try {
    return await listening;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = reasons[code ?? '']?.(address) ?? `cannot be listened on (${message})`;
    const choice = 'or choose another address with --listen, such as 127.0.0.1:0 for any free port';
    throw new ListenError(`${hostAndPort(address)} ${reason}, ${choice}`, { cause: error });
  }
}

const reasons: Readonly<Record<string, (address: ListenAddress) => string>> = {
  EADDRINUSE: () => 'is used by another program: stop that',
  EADDRNOTAVAIL: ({ host }) => `cannot be listened on, for ${host} is no address of this machine: add it`,
  ENOTFOUND: ({ host }) => `cannot be listened on, for the name ${host} is not known: make it known`,
  EACCES: ({ port }) => `cannot be listened on, for this user may not use port ${port}: allow it`,
};
