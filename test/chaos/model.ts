/** What a worker knows of what it made. */
import { Known } from './book.ts';

export type State = 'Enabled' | 'Disabled' | 'PendingDeletion';

export interface Key {
  readonly id: string;
  readonly arn: string;
  readonly state: Known<State>;
  readonly description: Known<string>;
  readonly policy: Known<string>;
  /** By tag key; undefined: no such tag. */
  readonly tags: Map<string, Known<string | undefined>>;
  /** On demand: at least those acknowledged, at most those attempted. */
  readonly rotations: { acknowledged: number; attempted: number };
}

/** A ciphertext that was handed out, and what it was promised to hold. */
export interface Sealed {
  readonly ciphertext: Uint8Array;
  readonly context: Record<string, string>;
  /** Absent for a data key that came without its plaintext: 32 bytes. */
  readonly plaintext?: Uint8Array;
  readonly keyArn: string;
}

/** As createKey makes it: tagged with its description. */
export const newKey = (id: string, arn: string, description: string, policy: string): Key => ({
  id,
  arn,
  state: new Known<State>('Enabled'),
  description: new Known(description),
  policy: new Known(policy),
  tags: new Map([['made', new Known<string | undefined>(description)]]),
  rotations: { acknowledged: 0, attempted: 0 },
});

/** A key policy that is told apart by its Id. */
export const policyText = (id: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Id: id,
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::000000000000:root' },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  });
