/** Tags of clusters and backups, and the one that chooses how a cluster's HSMs start. */
import type { Tag } from '../core/shapes/cloudhsmv2.ts';
import { type Mode, modes } from '../hsm/protocol/values.ts';
import { limitExceeded, tagError } from './errors.ts';

/** `attended` or `unattended`, given to CreateCluster: docs/hsm.md. */
export const MODE_TAG = 'lockholm:mode';
const OWN = 'lockholm:';
const MAX_TAGS = 50;

export function requireValidTags(tags: readonly Tag[]): void {
  const keys = tags.map(({ Key }) => Key);
  if (keys.some((key) => key.toLowerCase().startsWith('aws:')))
    throw tagError('Tag keys that begin with aws: are reserved.');
  if (new Set(keys).size !== keys.length) throw tagError('A tag key is given twice.');
}

/** The mode that the tags of a new cluster choose, or undefined. */
export function chosenMode(tags: readonly Tag[]): Mode | undefined {
  const chosen = tags.find(({ Key }) => Key === MODE_TAG)?.Value;
  if (chosen === undefined) return undefined;
  const mode = modes.find((each) => each === chosen);
  if (mode === undefined) throw tagError(`The value of ${MODE_TAG} is ${modes.join(' or ')}.`);
  return mode;
}

/** Of tags that are added or removed later. */
export function requireUnreserved(keys: readonly string[]): void {
  if (keys.some((key) => key.startsWith(OWN)))
    throw tagError(
      `Tags that begin with ${OWN} are given to CreateCluster alone. The mode of an active cluster is changed by its ` +
        'administrator: lockholm hsm mode.',
    );
}

/** `added` over `present`, keeping the order of first appearance. */
export function mergeTags(present: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const merged = new Map([...present, ...added].map((tag) => [tag.Key, tag]));
  if (merged.size > MAX_TAGS) throw limitExceeded(`A resource has at most ${MAX_TAGS} tags.`);
  return [...merged.values()];
}
