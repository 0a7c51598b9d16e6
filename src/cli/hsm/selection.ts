/** Which HSMs a command is for, and whom it believes: the customer's CA, from a file of the customer's. */
import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { HsmAddress } from '../../hsm/client/connection.ts';
import type { HsmClusters } from '../../operator/operations/list-hsm-clusters.ts';
import { EXIT_USAGE, Failure } from '../failure.ts';
import { callOperator } from '../operator-client.ts';
import { somePath } from '../path-argument.ts';
import { onServer } from '../program.ts';
import { HSM_ADDRESSES, HSM_CLUSTER_ID, HSM_TRUST_ANCHOR } from './variables.ts';

export interface Selection {
  readonly hsm?: readonly HsmAddress[];
  readonly clusterId?: string;
  /** A file. */
  readonly trustAnchor: string;
  /** Believed in the place of the trust anchor, where a command has that: SHA-256 of the public key, hexadecimal. */
  readonly identity?: string;
  readonly data: string;
  readonly json?: boolean;
}

export interface Target {
  readonly address: HsmAddress;
  /** Known when the server named it. */
  readonly hsmId?: string;
  /** Likewise: SHA-256 of its public key, hexadecimal, as its host has it. */
  readonly identity?: string;
  /** Likewise: the fingerprint of its cluster's certificate. */
  readonly clusterCertificate?: string;
}

const PORT = 2223;

export const onHsm = (command: Command): Command =>
  onServer(command)
    .addOption(
      new Option('--hsm <host:port>', `an HSM’s address (port ${PORT} unless named); for several, again`)
        .env(HSM_ADDRESSES)
        .argParser(addAddress),
    )
    .addOption(
      new Option(
        '--cluster-id <id>',
        'its cluster: checked, and without --hsm looked up at the running server',
      ).env(HSM_CLUSTER_ID),
    )
    .addOption(trustAnchorOption());

export const trustAnchorOption = (): Option =>
  new Option('--trust-anchor <file>', 'customerCA.crt, with which the cluster was initialized')
    .env(HSM_TRUST_ANCHOR)
    .argParser(somePath)
    .makeOptionMandatory();

/** In the environment several have commas between them. */
function addAddress(given: string, before: readonly HsmAddress[] = []): readonly HsmAddress[] {
  return [...before, ...given.split(',').map(parseAddress)];
}

export function parseAddress(given: string): HsmAddress {
  const [, v6, name, port] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::([0-9]{1,5}))?$/.exec(given.trim()) ?? [];
  const host = v6 ?? name;
  const number = port === undefined ? PORT : Number(port);
  if (host === undefined || number < 1 || number > 65_535)
    throw new InvalidArgumentError('It takes a host and a port, such as 127.96.12.34:2223.');
  return { host, port: number };
}

export const addressText = ({ host, port }: HsmAddress): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** At least one. */
export async function targetsOf({ hsm, clusterId, data }: Selection): Promise<readonly Target[]> {
  if (hsm !== undefined) return hsm.map((address) => ({ address }));
  if (clusterId !== undefined) return lookUp(data, clusterId);
  throw new Failure(
    'Name an HSM with --hsm HOST:PORT (aws cloudhsmv2 describe-clusters shows each as EniIp; the port is ' +
      `${PORT}), or on the server’s machine its cluster with --cluster-id.`,
    EXIT_USAGE,
  );
}

async function lookUp(data: string, clusterId: string): Promise<readonly Target[]> {
  const { Clusters } = await callOperator<HsmClusters>(data, 'ListHsmClusters', {});
  const found = Clusters.find(({ ClusterId }) => ClusterId === clusterId);
  if (found === undefined)
    throw new Failure(
      `The server on ${data} has no cluster ${clusterId}. To see what there is: aws cloudhsmv2 describe-clusters`,
    );
  if (found.Hsms.length === 0)
    throw new Failure(
      `The cluster ${clusterId} has no HSM. To make one: aws cloudhsmv2 create-hsm --cluster-id ${clusterId} ` +
        '--availability-zone ZONE',
    );
  return found.Hsms.map(({ HsmId, Address, Port, Identity }) => ({
    hsmId: HsmId,
    ...(Identity !== undefined && { identity: Identity }),
    ...(found.ClusterCertificate !== undefined && { clusterCertificate: found.ClusterCertificate }),
    address: { host: Address, port: Port },
  }));
}

/** PEM. */
export async function readAnchor(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Failure(
      `The trust anchor ${file} cannot be read (${(error as NodeJS.ErrnoException).code}). It is the certificate of ` +
        'your CA with which the cluster was initialized: customerCA.crt in the guide.',
      EXIT_USAGE,
      error,
    );
  }
}
