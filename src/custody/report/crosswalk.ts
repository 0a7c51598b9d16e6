/** The arrangements of the public debate: what is said of each, what AWS states, and what holds here. */
import type { ArrangementName } from './report.ts';

export interface Crossing {
  readonly arrangement: ArrangementName;
  readonly commonlySaid: string;
  readonly awsStates: string;
  readonly here: string;
  readonly why: string;
}

/** Worked cases 1, 2, 3, 4 and 6 of docs/custody.md. */
export const crosswalk: readonly Crossing[] = [
  {
    arrangement: 'default key',
    commonlySaid: 'Ticking the box is encryption at rest; an order to the provider opens it.',
    awsStates:
      'Nobody, operators of the service included, can export or view key material; the service uses the key for whoever may.',
    here: 'The operator as one: material alone, use alone.',
    why: 'The S3 root or the managed key is in the engine’s memory, and the seal lies with the operator. There is no hardware that keeps root out.',
  },
  {
    arrangement: 'customer managed key',
    commonlySaid: 'The customer controls the key by its policy.',
    awsStates: 'The key policy decides who uses the key; the material never leaves the HSMs of the service.',
    here: 'The operator as one: material alone, use alone. Staff: use alone, unless approvals are declared.',
    why: 'A policy binds callers, not whoever runs the machine.',
  },
  {
    arrangement: 'imported key',
    commonlySaid: 'Bring your own key, and it is yours.',
    awsStates:
      'The customer keeps a copy, sets an expiry and deletes at once; while it is imported the service uses it as its own.',
    here: 'As a customer managed key while imported; after its deletion not known, since nobody records who had it before.',
    why: 'Import makes one more holder and removes none.',
  },
  {
    arrangement: 'custom key store',
    commonlySaid: 'Never to be had by a government.',
    awsStates:
      'The material is in the customer’s HSMs, not extractable; KMS uses it while the store is connected, the customer can disconnect.',
    here: 'Connected: use alone for the operator. Material: alone where the HSMs run on its machine, T where they run on the tenant’s.',
    why: 'Whoever runs the front asks the HSMs as the tenant would. A virtual HSM on the operator’s machine is memory that its root reads.',
  },
  {
    arrangement: 'HSM key exported to KMS',
    commonlySaid: 'Made in an HSM, so as good as one, for the price of hours.',
    awsStates: 'KMS has no path to export material; imported material can be deleted at once.',
    here: 'The operator as one: material alone, use alone; the HSM’s backup opens with T.',
    why: 'The cheap way gives up exactly what the HSM was bought for: the material is in KMS.',
  },
];
