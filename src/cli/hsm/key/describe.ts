/** A key as cloudhsm-cli shows it, with what there is beside that here: lineage, origin, exports, uses. */
import type { FieldType } from '../../../engine/protocol/codec.ts';
import type { messages } from '../../../hsm/protocol/messages.ts';
import { type KeyUsage, keyOrigins, keyUsages } from '../../../hsm/protocol/values.ts';
import { printFacts, printTable } from '../../output.ts';
import type { Answer } from '../answer.ts';

export type KeyInfo = FieldType<typeof messages.describeKey.reply>['key'];

export const keyReference = (handle: string): string => `0x${handle}`;

const KEY_LENGTH = 32;
const encrypts: readonly KeyUsage[] = ['data', 'kms'];
const wraps: readonly KeyUsage[] = ['wrap', 'public'];
const usageOf = ({ usage }: KeyInfo): KeyUsage => keyUsages[usage] ?? 'data';
const originOf = ({ origin }: KeyInfo) => keyOrigins[origin] ?? 'imported';

export function keyData(key: KeyInfo) {
  const usage = usageOf(key);
  const isPublic = usage === 'public';
  return {
    'key-reference': keyReference(key.handle),
    'key-info': {
      'key-owners': [{ username: key.owner }],
      'shared-users': key.sharedWith.map((username) => ({ username })),
    },
    attributes: {
      'key-type': isPublic ? 'rsa' : 'aes',
      label: key.label,
      'check-value': `0x${Buffer.from(key.checkValue).toString('hex')}`,
      class: isPublic ? 'public-key' : 'secret-key',
      usage,
      encrypt: encrypts.includes(usage),
      decrypt: encrypts.includes(usage),
      wrap: wraps.includes(usage),
      unwrap: usage === 'wrap',
      extractable: key.extractable,
      'never-extractable': key.neverExtractable,
      sensitive: !isPublic,
      local: originOf(key) === 'generated',
      ...(!isPublic && { 'key-length-bytes': KEY_LENGTH }),
    },
    origin: originOf(key),
    created: new Date(key.created).toISOString(),
    lineage: key.lineage,
    exports: key.exports,
    uses: key.uses,
  };
}

/** How far the key can go, in a word. */
function leaves(key: KeyInfo): string {
  if (usageOf(key) === 'public') return '-';
  if (!key.extractable) return key.neverExtractable ? 'never' : 'no';
  return key.exports === 0 ? 'may' : `left ${key.exports} times`;
}

export const printKeys = (keys: readonly KeyInfo[]): void =>
  printTable(
    ['KEY', 'LABEL', 'FOR', 'OWNER', 'SHARED WITH', 'LEAVES', 'USES'],
    keys.map((key) => [
      keyReference(key.handle),
      key.label,
      usageOf(key),
      key.owner,
      key.sharedWith.join(',') || '-',
      leaves(key),
      String(key.uses),
    ]),
  );

export function printKey(key: KeyInfo): void {
  printFacts([
    ['key', keyReference(key.handle)],
    ['label', key.label],
    ['for', usageOf(key)],
    ['owner', key.owner],
    ...(key.sharedWith.length === 0 ? [] : [['shared with', key.sharedWith.join(', ')] as const]),
    ['origin', `${originOf(key)}, ${new Date(key.created).toISOString()}`],
    ['lineage', key.lineage],
    ['check value', Buffer.from(key.checkValue).toString('hex')],
    ['leaves', leaves(key)],
    ['uses', `${key.uses} on this HSM`],
  ]);
}

export const keyAnswer = (key: KeyInfo, message?: string): Answer => ({
  data: { key: keyData(key), ...(message !== undefined && { message }) },
  text: () => printKey(key),
});
