import { isIPv6 } from 'node:net';

/** How clients on this machine address a server that listens on `host`: every address includes the loopback one. */
export function localEndpoint(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`;
}
