import type { GetKeyLastUsageRequest, GetKeyLastUsageResponse } from '../../core/shapes/kms.ts';
import { onKey } from '../handler.ts';
import { arnOf } from '../key.ts';

/** KMS API reference, "GetKeyLastUsage": the last successful cryptographic operation, from the journal. */
export const getKeyLastUsage = onKey<GetKeyLastUsageRequest, GetKeyLastUsageResponse>({
  key: 'KeyId',
  forms: 'id-or-arn',
  state: 'any',
  action: 'kms:GetKeyLastUsage',
  readOnly: true,
  audit: ['KeyId'],
  async run(_input, _call, { value: key }, kms) {
    const last = await kms.lastUsage.get(arnOf(key));
    return {
      KeyId: key.id,
      KeyCreationDate: key.created,
      TrackingStartDate: kms.lastUsage.trackingStart,
      KeyLastUsage:
        last === undefined
          ? {}
          : {
              Operation: last.operation,
              Timestamp: last.time,
              CloudTrailEventId: last.eventId,
              KmsRequestId: last.requestId,
            },
    };
  },
});
