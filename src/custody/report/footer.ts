/** What a report ends with, on paper, page and terminal alike. */
import type { Report } from './report.ts';
import { received } from './words.ts';

export const legend: readonly (readonly [sign: string, meaning: string])[] = [
  ['material', 'obtain the key material'],
  ['use', 'get the key used for it: decrypt, sign, MAC, derive, decapsulate'],
  ['plaintext', 'see plaintext as it passes'],
  ['alone', 'needs nobody'],
  ['k of n', 'so many approvals, of those who may approve'],
  ['O', 'needs the operator’s root or service account'],
  ['K', 'needs the seal’s keeper'],
  ['H', 'needs the host’s provider'],
  ['X', 'needs another named party'],
  ['T', 'needs the tenant'],
  ['. after it', 'holds no part; else it holds a locked copy, or another part'],
  ['nobody on record', 'every recorded copy is destroyed; an earlier unrecorded copy is not excluded'],
  ['not known', 'somebody unknown may have it: ranks as possible'],
  ['then ...', 'from the next start, by whoever chooses the build'],
];

export const notices: readonly string[] = [
  'Answers describe technical capability on the stated facts at the stated time. They say nothing of what a law permits or compels: no legal advice, and no finding that a supplementary measure is effective.',
  'Copies outside these records (snapshots, replicas, remanence of disks) are assumed to be absent.',
  'What was once exposed stays so: another host, mode, lock or seal betters only material made afterwards.',
  'Confidential: it names custodians and the easiest paths.',
];

export function validity({ validAt: { time, journalEntries, logHead } }: Report): string {
  const head = logHead === '' ? 'empty' : `${journalEntries} entries, head ${logHead}`;
  return `Valid at ${time}; journal: ${head}.`;
}

/** Principals that received plaintext or data keys, summed over the subjects. */
export function receivers({ subjects }: Pick<Report, 'subjects'>): readonly string[] {
  const sums = new Map<string, { dataKeys: number; plaintexts: number }>();
  for (const { principal, dataKeys, plaintexts } of subjects.flatMap(
    ({ handedOut }) => handedOut?.received ?? [],
  )) {
    const sum = sums.get(principal) ?? { dataKeys: 0, plaintexts: 0 };
    sums.set(principal, { dataKeys: sum.dataKeys + dataKeys, plaintexts: sum.plaintexts + plaintexts });
  }
  return [...sums].map(([principal, sum]) => received({ principal, ...sum }));
}
