/** Calls of the load that change something, each with how its outcome is found out where the answer was lost. */
import { Known } from './book.ts';
import type { Caller } from './caller.ts';
import { type Key, newKey, policyText, type State } from './model.ts';

export async function createKey(caller: Caller, tried: (attempts: number) => void): Promise<Key | undefined> {
  const description = caller.next('made by');
  const policy = policyText(description);
  const sending = caller.kms.createKey({
    Description: description,
    Policy: policy,
    Tags: [{ TagKey: 'made', TagValue: description }],
  });
  const made = await caller.send('CreateKey', sending, { tried });
  const { KeyId, Arn } = made?.KeyMetadata ?? {};
  return KeyId === undefined || Arn === undefined ? undefined : newKey(KeyId, Arn, description, policy);
}

/** From a state that is certain to the next one of a key's life; one that is not certain is read. */
export function moveState(caller: Caller, key: Key, to: State): Promise<void> {
  const { id: KeyId, arn: keyArn, state: known } = key;
  const { kms } = caller;
  const read = async () => {
    const answer = await caller.send('DescribeKey', kms.describeKey({ KeyId }), { keyArn });
    return answer && { value: answer.KeyMetadata?.KeyState as State };
  };
  if (known.certain === undefined) return caller.settle({ known, read });
  const retried = { keyArn, expected: ['KMSInvalidStateException'] };
  const change = (value: State, sent: Promise<unknown>) => caller.change({ known, value, sent, read });
  if (known.certain.value === 'PendingDeletion')
    return change('Disabled', caller.send('CancelKeyDeletion', kms.cancelKeyDeletion({ KeyId }), retried));
  switch (to) {
    case 'Enabled':
      return change(to, caller.send('EnableKey', kms.enableKey({ KeyId }), { keyArn }));
    case 'Disabled':
      return change(to, caller.send('DisableKey', kms.disableKey({ KeyId }), { keyArn }));
    case 'PendingDeletion':
      return change(to, caller.send('ScheduleKeyDeletion', kms.scheduleKeyDeletion({ KeyId }), retried));
  }
}

export function describe(caller: Caller, { id: KeyId, arn: keyArn, description: known }: Key): Promise<void> {
  const value = caller.next('described by');
  const sending = caller.kms.updateKeyDescription({ KeyId, Description: value });
  const read = async () => {
    const answer = await caller.send('DescribeKey', caller.kms.describeKey({ KeyId }), { keyArn });
    return answer && { value: answer.KeyMetadata?.Description ?? '' };
  };
  return caller.change({
    known,
    value,
    sent: caller.send('UpdateKeyDescription', sending, { keyArn }),
    read,
  });
}

export function putPolicy(caller: Caller, { id: KeyId, arn: keyArn, policy: known }: Key): Promise<void> {
  const value = policyText(caller.next('put by'));
  const sending = caller.kms.putKeyPolicy({ KeyId, Policy: value });
  const read = async () => {
    const answer = await caller.send('GetKeyPolicy', caller.kms.getKeyPolicy({ KeyId }), { keyArn });
    return answer && { value: answer.Policy ?? '' };
  };
  return caller.change({ known, value, sent: caller.send('PutKeyPolicy', sending, { keyArn }), read });
}

/** Not idempotent: a retry rotates once more. */
export async function rotate(caller: Caller, { id: KeyId, arn: keyArn, rotations }: Key): Promise<void> {
  const tried = (attempts: number) => {
    rotations.attempted += attempts;
  };
  const sending = caller.kms.rotateKeyOnDemand({ KeyId });
  const rotated = await caller.send('RotateKeyOnDemand', sending, { keyArn, tried });
  if (rotated !== undefined) rotations.acknowledged += 1;
}

/** Adds, changes or removes it. */
export function changeTag(
  caller: Caller,
  { id: KeyId, arn: keyArn, tags }: Key,
  TagKey: string,
): Promise<void> {
  const { kms } = caller;
  const known = tags.get(TagKey) ?? new Known<string | undefined>(undefined);
  tags.set(TagKey, known);
  const read = async () => {
    const answer = await caller.send('ListResourceTags', kms.listResourceTags({ KeyId }), { keyArn });
    return answer && { value: answer.Tags?.find((tag) => tag.TagKey === TagKey)?.TagValue };
  };
  if (caller.random.below(3) === 0) {
    const sending = kms.untagResource({ KeyId, TagKeys: [TagKey] });
    const sent = caller.send('UntagResource', sending, { keyArn });
    return caller.change({ known, value: undefined, sent, read });
  }
  const value = caller.next('tagged by');
  const sending = kms.tagResource({ KeyId, Tags: [{ TagKey, TagValue: value }] });
  return caller.change({ known, value, sent: caller.send('TagResource', sending, { keyArn }), read });
}

/** Creates, moves or deletes it, as its state allows. */
export function changeAlias(
  caller: Caller,
  AliasName: string,
  known: Known<string | undefined>,
  { id: TargetKeyId, arn: keyArn }: Key,
): Promise<void> {
  const { kms } = caller;
  const read = async () => {
    const answer = await caller.send('ListAliases', kms.listAliases({ Limit: 100 }));
    const alias = answer?.Aliases?.find((listed) => listed.AliasName === AliasName);
    return answer && { value: alias?.TargetKeyId };
  };
  const change = (value: string | undefined, sent: Promise<unknown>) =>
    caller.change({ known, value, sent, read });
  if (known.certain === undefined) return caller.settle({ known, read });
  if (known.certain.value === undefined) {
    const retried = { keyArn, expected: ['AlreadyExistsException'] };
    const sending = kms.createAlias({ AliasName, TargetKeyId });
    return change(TargetKeyId, caller.send('CreateAlias', sending, retried));
  }
  if (caller.random.below(3) === 0) {
    const retried = { expected: ['NotFoundException'] };
    return change(undefined, caller.send('DeleteAlias', kms.deleteAlias({ AliasName }), retried));
  }
  const sending = kms.updateAlias({ AliasName, TargetKeyId });
  return change(TargetKeyId, caller.send('UpdateAlias', sending, { keyArn }));
}
