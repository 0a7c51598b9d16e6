/** Identifiers of CloudHSM v2 in the forms of its service model: `<kind>-[2-7a-zA-Z]{11,16}`, `eni-` and hexadecimal. */
import { createHash, randomUUID } from 'node:crypto';
import { PARTITION, type Place } from '../core/ids.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const LENGTH = 11;
const HEX = 17;

type Kind = 'cluster' | 'hsm' | 'backup';

/** With 55 random bits. */
export function newId(kind: Kind): string {
  const random = createHash('sha256').update(randomUUID()).digest().subarray(0, LENGTH);
  return `${kind}-${[...random].map((byte) => ALPHABET[byte % ALPHABET.length]).join('')}`;
}

/** In the form of EC2: the same for the same `of`, as nothing is made of it. */
export const networkId = (kind: 'eni' | 'sg' | 'vpc', of: string): string =>
  `${kind}-${createHash('sha256').update(`${kind}\0${of}`).digest('hex').slice(0, HEX)}`;

export const clusterArn = ({ account, region }: Place, id: string): string =>
  `arn:${PARTITION}:cloudhsm:${region}:${account}:cluster/${id}`;
export const backupArn = ({ account, region }: Place, id: string): string =>
  `arn:${PARTITION}:cloudhsm:${region}:${account}:backup/${id}`;
