/** What CreateCluster accepts (AWS CloudHSM API reference, "CreateCluster"). */

import type { Place } from '../../core/ids.ts';
import type {
  BackupRetentionPolicy,
  ClusterMode,
  CreateClusterRequest,
} from '../../core/shapes/cloudhsmv2.ts';
import { invalidRequest, notSupported } from '../errors.ts';

/** "Quotas" in the user guide: of an account in a Region. */
export const MAX_CLUSTERS = 4;
export const MAX_HSMS = 6;

const DEFAULT_RETENTION_DAYS = 90;
const RETENTION_DAYS = { least: 7, most: 379 } as const;

const modesByType: ReadonlyMap<string, readonly ClusterMode[]> = new Map([
  ['hsm1.medium', ['FIPS']],
  ['hsm2m.medium', ['FIPS', 'NON_FIPS']],
]);

export function requireHsmType(type: string): void {
  if (!modesByType.has(type))
    throw invalidRequest(`The HSM type ${type} is not one of ${[...modesByType.keys()].join(', ')}.`);
}

/** A backup is restored into its own mode only. */
export function modeOf({ HsmType, Mode }: CreateClusterRequest, ofBackup?: ClusterMode): ClusterMode {
  const mode = Mode ?? ofBackup ?? 'FIPS';
  if (!modesByType.get(HsmType)?.includes(mode))
    throw invalidRequest(`HSMs of type ${HsmType} have no mode ${mode}.`);
  if (ofBackup !== undefined && mode !== ofBackup)
    throw invalidRequest(`The backup is of mode ${ofBackup} and can be restored into that mode only.`);
  return mode;
}

export function requireNetworkType(type: CreateClusterRequest['NetworkType']): void {
  if (type === 'DUALSTACK') throw notSupported('NetworkType DUALSTACK');
}

export function retentionDays(policy: BackupRetentionPolicy | undefined): number {
  if (policy === undefined) return DEFAULT_RETENTION_DAYS;
  const days = Number(policy.Value);
  const { least, most } = RETENTION_DAYS;
  if (policy.Type !== 'DAYS' || policy.Value === undefined || days < least || days > most)
    throw invalidRequest(
      `A backup retention policy has Type DAYS and a Value of ${least} to ${most}, both of which are required.`,
    );
  return days;
}

/**
 * There are no subnets here, so any are taken, and stand for zones in the order given: the first is zone `a`. As on
 * AWS each is in a zone of its own.
 */
export function zonesOf({ region }: Place, subnetIds: readonly string[]): Readonly<Record<string, string>> {
  if (new Set(subnetIds).size !== subnetIds.length) throw invalidRequest('A subnet is given twice.');
  const zone = (index: number): string => region + String.fromCharCode('a'.charCodeAt(0) + index);
  return Object.fromEntries(subnetIds.map((subnet, index) => [zone(index), subnet]));
}
