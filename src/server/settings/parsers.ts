/** From what a flag, a variable or YAML holds to the value of a setting. Each throws NotAllowed. */
import { isIPv6 } from 'node:net';
import { resolve } from 'node:path';
import { parseRegion, type Region } from '../../core/ids.ts';
import { NotAllowed } from './problems.ts';

/** `folder` is what a relative path starts from. */
export type Parser<T> = (raw: unknown, folder: string) => T;

export interface ListenAddress {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };
const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

function text(raw: unknown, allowed: string): string {
  if (typeof raw !== 'string' || raw === '' || raw.includes('\0')) throw new NotAllowed(allowed);
  return raw;
}

export const path: Parser<string> = (raw, folder) => resolve(folder, text(raw, 'a path'));

export const oneOf =
  <const T extends string>(values: readonly T[]): Parser<T> =>
  (raw) => {
    const found = values.find((value) => value === raw);
    if (found === undefined) throw new NotAllowed(`one of ${values.join(', ')}`);
    return found;
  };

/** YAML gives numbers as numbers, flags and variables as decimal digits. */
export const integer =
  (min: number, max: number): Parser<number> =>
  (raw) => {
    const value = typeof raw === 'string' && /^[0-9]{1,15}$/.test(raw) ? Number(raw) : raw;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      throw new NotAllowed(`an integer from ${min} to ${max}`);
    }
    return value;
  };

/** Bytes: an integer, alone or with KiB, MiB or GiB. */
export const size =
  (min: string, max: string): Parser<number> =>
  (raw) => {
    const bytes = toBytes(String(raw));
    if (bytes === undefined || bytes < (toBytes(min) ?? 0) || bytes > (toBytes(max) ?? 0)) {
      throw new NotAllowed(`a size from ${min} to ${max}, in bytes or with KiB, MiB or GiB`);
    }
    return bytes;
  };

function toBytes(raw: string): number | undefined {
  const match = /^([0-9]{1,15}) ?(|KiB|MiB|GiB)$/.exec(raw);
  return match ? Number(match[1]) * (UNITS[match[2] ?? ''] ?? Number.NaN) : undefined;
}

export const listenAddress: Parser<ListenAddress> = (raw) => {
  const allowed =
    'HOST:PORT or [IPV6]:PORT with a port from 0 to 65535, such as 127.0.0.1:4566 or [::1]:4566';
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(text(raw, allowed));
  const [, v6, name = '', digits] = match ?? [];
  const port = Number(digits);
  const known = v6 === undefined ? HOST_NAME.test(name) : isIPv6(v6);
  if (!match || !known || port > 65_535) throw new NotAllowed(allowed);
  return { host: v6 ?? name, port };
};

/** A network of 127.0.0.0/8 with 16 bits, as the two numbers that its addresses begin with. */
export const loopbackNetwork: Parser<string> = (raw) => {
  const second = /^127\.([0-9]{1,3})\.0\.0\/16$/.exec(String(raw))?.[1];
  if (second === undefined || Number(second) > 255) throw new NotAllowed('127.0.0.0/16 to 127.255.0.0/16');
  return `127.${Number(second)}`;
};

/** A YAML list, or names with commas between them. */
export const regions: Parser<readonly Region[]> = (raw) => {
  const allowed = 'Region names such as eu-central-1, as a YAML list or with commas between them';
  const names = typeof raw === 'string' ? raw.split(',').map((name) => name.trim()) : raw;
  if (!Array.isArray(names)) throw new NotAllowed(allowed);
  return names.map((name) => {
    const region = parseRegion(String(name));
    if (region === undefined) throw new NotAllowed(allowed);
    return region;
  });
};
