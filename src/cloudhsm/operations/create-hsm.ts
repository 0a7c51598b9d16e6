import type { CreateHsmRequest, CreateHsmResponse } from '../../core/shapes/cloudhsmv2.ts';
import { joinChanges } from '../../kms/change.ts';
import { describeHsm } from '../cluster/describe.ts';
import { putCluster } from '../cluster.ts';
import { invalidRequest } from '../errors.ts';
import { onCluster } from '../handler.ts';
import { networkId, newId } from '../ids.ts';
import { takeAddress } from '../rules/addresses.ts';
import { beginningOf } from '../rules/beginning.ts';
import { MAX_HSMS } from '../rules/new-cluster.ts';

/** CloudHSM API reference, "CreateHsm". */
export const createHsm = onCluster<CreateHsmRequest, CreateHsmResponse>({
  action: 'cloudhsm:CreateHsm',
  readOnly: false,
  audit: ['AvailabilityZone', 'ClusterId', 'IpAddress'],
  async run({ AvailabilityZone, IpAddress }, call, cluster, parts) {
    const { value } = cluster;
    if (!Object.hasOwn(value.subnets, AvailabilityZone))
      throw invalidRequest(
        `The cluster ${value.id} has no subnet in ${AvailabilityZone}; it has them in ` +
          `${Object.keys(value.subnets).join(', ')}.`,
      );
    const begin = await beginningOf(value, parts);
    const counted = await parts.clusters.counted(call);
    if (counted.hsms >= MAX_HSMS)
      throw invalidRequest(`There are ${MAX_HSMS} HSMs in this account and Region, the limit.`);
    const id = newId('hsm');
    const taken = await takeAddress(id, IpAddress, parts);
    const hsm = {
      id,
      zone: AvailabilityZone,
      eniId: networkId('eni', id),
      address: taken.address,
      state: 'CREATE_IN_PROGRESS',
      ...begin,
      created: call.time,
    } as const;
    call.record.responseElements = { hsmId: id };
    const put = putCluster(cluster, { hsms: [...value.hsms, hsm] });
    await call.commit(joinChanges(put, counted.change, taken.change));
    parts.follow(cluster.id);
    return { Hsm: describeHsm(value, hsm, parts.host) };
  },
});
