/** Whose job it is, and where, as its payload says. */
import { must, type Place, parseAccountId, parseRegion } from '../../core/ids.ts';
import type { JobRequest } from '../../store/jobs.ts';

export const placeOf = ({ payload }: JobRequest): Place => ({
  account: must(parseAccountId(String(payload.account)), 'account'),
  region: must(parseRegion(String(payload.region)), 'Region'),
});
