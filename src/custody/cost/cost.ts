/** What an arrangement costs at list price: why people take the cheap way. */
import type { HsmHours } from '../collect/hsm-facts.ts';
import { HOURS_PER_YEAR, type Price, prices } from './prices.ts';

export interface Figure {
  readonly what: string;
  readonly usd: number;
  /** How it comes about. */
  readonly how: string;
}

export interface Cost {
  readonly figures: readonly Figure[];
  readonly prices: readonly Price[];
}

/** HSMs that AWS wants for a custom key store, so that one may fail. */
const HSMS_OF_A_STORE = 2;
const cents = (usd: number): number => Math.round(usd * 100) / 100;

/** The two classic figures beside a key's, whatever the server has. */
export function classicCosts(): readonly Figure[] {
  const { key, hsm } = prices;
  return [
    { what: 'a customer managed key, for a month', usd: key.usd, how: 'one key and month' },
    {
      what: 'two HSMs for a year: keys that stay in HSMs',
      usd: cents(HSMS_OF_A_STORE * HOURS_PER_YEAR * hsm.usd),
      how: `${HSMS_OF_A_STORE} HSMs, ${HOURS_PER_YEAR} hours each`,
    },
    {
      what: 'one HSM for the hours of an export: made there, imported into KMS',
      usd: cents(2 * hsm.usd),
      how: '2 hours of one HSM, once',
    },
  ];
}

/** Of a key: as metered, and a year ahead as it is now. `materials`: each rotation costs as a key does, for the first two. */
export function keyCosts(facts: {
  readonly created: number;
  readonly now: number;
  readonly rotations: number;
  readonly hours: HsmHours | undefined;
}): readonly Figure[] {
  const { created, now, rotations, hours } = facts;
  const months = Math.max(0, now - created) / MONTH_MS;
  const billed = 1 + Math.min(rotations, BILLED_ROTATIONS);
  const monthly = billed * prices.key.usd;
  return [
    {
      what: 'this key, since it was made',
      usd: cents(months * monthly),
      how: `${months.toFixed(1)} months, ${billed} key material${billed === 1 ? '' : 's'} billed as of now`,
    },
    { what: 'this key, a year', usd: cents(12 * monthly), how: `12 months at ${monthly} a month` },
    ...(hours === undefined ? [] : hsmCosts(hours)),
  ];
}

/** KMS pricing: the first and the second rotation add 1 a month each, later ones nothing. */
const BILLED_ROTATIONS = 2;
const MONTH_MS = (HOURS_PER_YEAR / 12) * 3_600_000;

const hsmCosts = ({ total, running }: HsmHours): readonly Figure[] => [
  {
    what: 'HSMs of the account and Region, since they were made',
    usd: cents(total * prices.hsm.usd),
    how: `${total} metered hours, each begun hour counted`,
  },
  {
    what: 'HSMs that run now, a year',
    usd: cents(running * HOURS_PER_YEAR * prices.hsm.usd),
    how: `${running} HSM${running === 1 ? '' : 's'}, ${HOURS_PER_YEAR} hours each`,
  },
];

export const allPrices: readonly Price[] = Object.values(prices);
