/**
 * What members of a cluster say to each other (docs/formats/hsm-protocol.md), within TLS 1.3 in which each proved its
 * identity key to the other: hosts and networks between them see ciphertext. Both ends may ask.
 */
import { bytes, flag, list, struct, text, u8, u64 } from '../../engine/protocol/codec.ts';
import { define, empty } from './define.ts';

const held = list(struct({ origin: text, sequence: u64 }));

/**
 * A change of one object of the cluster, which counts as a whole. `origin` made it as its `sequence`th; of two changes of
 * one object the one with the greater `clock` counts, then a removal, then that of the greater `origin`. `removed`: the
 * object is no more.
 */
export const change = {
  kind: u8,
  id: text,
  origin: text,
  sequence: u64,
  clock: u64,
  removed: flag,
  content: bytes,
} as const;

export const peerMessages = {
  /**
   * First, from both. `held`: for each origin the last sequence held. An HSM that learns of changes of its own which it
   * does not have was put back, and halts. `joining`: has nothing yet.
   */
  meet: define(
    1,
    struct({
      clusterId: text,
      hsmId: text,
      joining: flag,
      held,
    }),
    empty,
  ),
  /** Stored when the reply comes. At most CHANGES_MAX bytes of content. */
  changes: define(2, struct({ changes: list(struct(change)) }), empty),
  /**
   * Every change that the other lacked has been sent: from here on each new one comes as it is made. `held`: as in `meet`,
   * when that was. What the other still lacks of these are changes whose place others took.
   */
  caughtUp: define(3, struct({ held }), empty),
} as const;

export const CHANGES_MAX = 256 * 1024;
/** Of a change besides its content, at most. */
export const CHANGE_OVERHEAD = 256;
