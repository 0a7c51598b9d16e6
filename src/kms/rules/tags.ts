/** Tag rules of KMS: at most 50 a key, no reserved prefix, no key twice. Messages as recorded from AWS. */
import { tagError } from '../errors.ts';
import type { Tag } from '../key.ts';

const MAX_TAGS = 50;

export function requireValidTags(tags: readonly Tag[]): void {
  requireUnreserved(tags.map(({ TagKey }) => TagKey));
  if (tags.length > MAX_TAGS) throw tagError('Too many tags');
  if (new Set(tags.map(({ TagKey }) => TagKey)).size !== tags.length) throw tagError('Duplicate tag keys');
}

export function requireUnreserved(tagKeys: readonly string[]): void {
  if (tagKeys.some((key) => key.toLowerCase().startsWith('aws:')))
    throw tagError('Tags beginning with aws: are reserved');
}

/** `added` over `present`, keeping the order of first appearance. */
export function mergeTags(present: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const merged = new Map([...present, ...added].map((tag) => [tag.TagKey, tag]));
  if (merged.size > MAX_TAGS) throw tagError('Too many tags');
  return [...merged.values()];
}
