import { DAY_MS } from '../../core/clock.ts';
import type { ScheduleKeyDeletionRequest, ScheduleKeyDeletionResponse } from '../../core/shapes/kms.ts';
import { joinChanges, putKey } from '../change.ts';
import { validation } from '../errors.ts';
import { onKey } from '../handler.ts';
import { arnOf } from '../key.ts';

const WINDOW_DAYS = { min: 7, max: 30 } as const;

/** KMS API reference, "ScheduleKeyDeletion". The model allows 1 to 365 days, the service 7 to 30. */
export const scheduleKeyDeletion = onKey<ScheduleKeyDeletionRequest, ScheduleKeyDeletionResponse>({
  key: 'KeyId',
  forms: 'id-or-arn',
  state: 'notPendingDeletion',
  action: 'kms:ScheduleKeyDeletion',
  readOnly: false,
  audit: ['KeyId', 'PendingWindowInDays'],
  async run(input, call, key, kms) {
    const days = input.PendingWindowInDays ?? WINDOW_DAYS.max;
    if (days < WINDOW_DAYS.min || days > WINDOW_DAYS.max)
      throw validation('PendingWindowInDays must be between 7 and 30 days (inclusive).');
    const deletionDate = call.time + days * DAY_MS;
    const response = {
      KeyId: arnOf(key.value),
      DeletionDate: deletionDate,
      KeyState: 'PendingDeletion',
      PendingWindowInDays: days,
    } as const;
    call.record.responseElements = {
      keyId: response.KeyId,
      keyState: response.KeyState,
      pendingWindowInDays: days,
      deletionDate: new Date(deletionDate).toISOString(),
    };
    await call.commit(
      joinChanges(
        putKey(key, { state: 'PendingDeletion', deletionDate }),
        kms.timers.destroyAt(key.value, deletionDate),
      ),
    );
    return response;
  },
});
