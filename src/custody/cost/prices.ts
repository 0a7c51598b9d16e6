/**
 * List prices of AWS that the report sets beside its verdicts, in US dollars, Region us-east-1. They are data with a date
 * and a source, to be looked up again before anybody decides by them; a settlement may differ.
 */

export interface Price {
  readonly what: string;
  readonly usd: number;
  readonly per: 'key and month' | '10,000 requests' | 'HSM and hour';
  /** When it was read. */
  readonly read: string;
  readonly source: string;
}

export const prices = {
  key: {
    what: 'customer managed key, whatever its origin',
    usd: 1,
    per: 'key and month',
    read: '2026-11-24',
    source: 'https://aws.amazon.com/kms/pricing/',
  },
  requests: {
    what: 'requests of symmetric keys, beyond 20,000 a month',
    usd: 0.03,
    per: '10,000 requests',
    read: '2026-11-24',
    source: 'https://aws.amazon.com/kms/pricing/',
  },
  /** Not the vendor's page, of which no figure was at hand: public texts quote 1.45 (us-east-2) to 1.60 (us-east-1). */
  hsm: {
    what: 'HSM of CloudHSM, each hour begun',
    usd: 1.6,
    per: 'HSM and hour',
    read: '2026-11-24',
    source:
      'quoted for us-east-1 by several public texts; https://aws.amazon.com/cloudhsm/pricing/ has the price of the day',
  },
} as const satisfies Readonly<Record<string, Price>>;

export const HOURS_PER_YEAR = 8_760;
