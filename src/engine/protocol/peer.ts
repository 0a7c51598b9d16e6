/**
 * What engines say to each other, over a pair of their own and nowhere else: the only messages that carry the
 * root key. Both ends may speak first; `taken` answers the other two and repeats their request id.
 */
import { bytes, struct, u64 } from './codec.ts';

export const peerMessages = {
  /** First from an engine that holds the root key. `blob` is the domain state in force, or empty. */
  unseal: { code: 200, body: struct({ rootKey: bytes, blob: bytes }) },
  /** A domain state of a later epoch, from the slow lane. */
  domain: { code: 201, body: struct({ blob: bytes }) },
  /** `epoch` is now in force at the sender; 0 when it has no domain state. */
  taken: { code: 202, body: struct({ epoch: u64 }) },
} as const;
