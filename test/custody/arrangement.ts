/** Facts of the arrangements of the worked cases, as a collector would write them. */
import { type Bare, CLEAR, type Fact, type Facts, OPERATOR, TENANT } from '../../src/custody/facts.ts';

export const KEY = 'key';
export const MATERIAL = 'material';
export const OBJECT = 'bucket/object';
export const NOW = '2026-11-24T12:00:00Z';

/** Who may approve a use: two of these. */
export const custodians = ['approver-1', 'approver-2', 'approver-3'] as const;

export interface Arrangement {
  readonly seal: 'file' | 'passphrase' | 'quorum' | 'tenant';
  /** Whether the data folder has the file `credentials`. */
  readonly credentialsFile: boolean;
  readonly running: boolean;
  /** The material of KMS itself: made there, imported (with or without knowing its origin), or only in the HSM. */
  readonly inKms: 'made' | 'imported' | 'imported with receipt' | 'never';
  readonly deleted: boolean;
  /** Backups of KMS that still hold the material. */
  readonly backups: boolean;
  /** Whether what the backup holds can sign calls in a principal's name. */
  readonly accessKeysInBackup: boolean;
  readonly hsm: Hsm | undefined;
  /** The tenant holds the only copy outside. */
  readonly sole: boolean;
  /** The object's key hangs on the account's S3 root, not on a KMS key. */
  readonly sse: 's3' | 'kms';
}

export interface Hsm {
  readonly host: 'operator' | 'tenant';
  readonly state: 'unlocked' | 'stopped' | 'deleted, backup kept';
  readonly mode: 'attended' | 'unattended';
  readonly connected: boolean;
  readonly extractable: boolean;
  readonly user: 'own' | 'shared';
  /** The operator holds no backup of the cluster. */
  readonly noBackup?: boolean;
}

export const plain: Arrangement = {
  seal: 'file',
  credentialsFile: true,
  running: true,
  inKms: 'made',
  deleted: false,
  backups: true,
  accessKeysInBackup: false,
  hsm: undefined,
  sole: false,
  sse: 'kms',
};

export const cluster: Hsm = {
  host: 'operator',
  state: 'unlocked',
  mode: 'attended',
  connected: true,
  extractable: false,
  user: 'own',
};

/** The facts of an arrangement. `KEY` and `OBJECT` are what to ask about. */
export function arrange(changes: Partial<Arrangement>): Facts {
  const a = { ...plain, ...changes };
  const facts = [
    ...people(a),
    ...machine(a),
    ...sealFacts(a),
    ...kmsMaterial(a),
    ...(a.hsm ? hsmFacts(a, a.hsm) : []),
    ...useFacts(a),
  ];
  return { at: NOW, facts: facts.map((fact) => ({ ...fact, basis: basisOf(fact) }) as Fact) };
}

const outside = ['party', 'root', 'account', 'net', 'keeper', 'share', 'reader', 'sole'];
const basisOf = ({ fact }: Bare): Fact['basis'] =>
  outside.includes(fact)
    ? { basis: 'declared', by: 'the operator', at: '2026-11-01' }
    : { basis: 'recorded', in: 'lineage', entry: '1' };

const party = (name: string, kind: string, owner: string): Bare => ({
  fact: 'party',
  party: name,
  kind,
  owner,
});

const people = (a: Arrangement): readonly Bare[] => [
  party('staff', 'staff', OPERATOR),
  party('service-account', 'service-account', OPERATOR),
  party('root', 'root', OPERATOR),
  ...custodians.map((name) => party(name, 'approver', OPERATOR)),
  party('thief-of-disk', 'thief-of-disk', 'nobody'),
  party('thief-of-backup', 'thief-of-backup', 'nobody'),
  party('tenant', 'tenant', TENANT),
  ...(a.seal === 'tenant' ? [] : sealKeepers(a).map((name) => party(name, 'keeper', OPERATOR))),
];

const sealKeepers = (a: Arrangement): readonly string[] =>
  a.seal === 'quorum' ? ['keeper-1', 'keeper-2', 'keeper-3'] : ['keeper'];

const machine = (a: Arrangement): readonly Bare[] => {
  const state = a.running ? 'run' : 'stop';
  const proc = (process: string): Bare => ({
    fact: 'proc',
    process,
    role: process,
    host: 'host',
    user: 'lockholm',
    state,
  });
  return [
    { fact: 'root', party: 'root', host: 'host' },
    { fact: 'account', party: 'service-account', user: 'lockholm' },
    ...['front', 'engine'].map(proc),
    { fact: 'tls', process: 'front' },
    ...['staff', 'service-account', 'tenant', 'thief-of-disk', 'thief-of-backup'].map(
      (name): Bare => ({ fact: 'net', party: name, process: 'front' }),
    ),
    { fact: 'place', place: 'folder', kind: 'data', host: 'host' },
    { fact: 'place', place: 'backup', kind: 'backup', host: 'host' },
    ...readers('folder', 'thief-of-disk'),
    ...readers('backup', 'thief-of-backup'),
    { fact: 'mem', process: 'engine', secret: 'domain-key' },
    { fact: 'passes', process: 'front', key: KEY },
  ];
};

const readers = (place: string, ...others: readonly string[]): readonly Bare[] =>
  ['service-account', ...others].map((name) => ({ fact: 'reader', party: name, place }));

const stored = (secret: string, place: string, under: string): Bare => ({
  fact: 'stored',
  secret,
  place,
  under,
});
const keeper = (name: string, secret: string): Bare => ({ fact: 'keeper', party: name, secret });

const sealFacts = (a: Arrangement): readonly Bare[] => [
  stored('domain-key', 'folder', 'seal'),
  ...(a.backups ? [stored('domain-key', 'backup', 'seal')] : []),
  ...sealOf(a),
];

function sealOf(a: Arrangement): readonly Bare[] {
  switch (a.seal) {
    case 'file':
      return [stored('seal', 'folder', CLEAR), keeper('keeper', 'seal')];
    case 'passphrase':
      return [
        { fact: 'passphrase', secret: 'seal' },
        { fact: 'strong', secret: 'seal' },
        keeper('keeper', 'seal'),
      ];
    case 'quorum':
      return [
        { fact: 'quorum', secret: 'seal', k: 2 },
        ...sealKeepers(a).map((name): Bare => ({ fact: 'share', party: name, secret: 'seal' })),
      ];
    case 'tenant':
      return [keeper('tenant', 'seal')];
  }
}

/** SSE-S3's object keys lie under the account's S3 root, SSE-KMS's under the key's material: one step more. */
function kmsMaterial(a: Arrangement): readonly Bare[] {
  const wrapping = a.sse === 's3' ? 's3-root' : 'domain-key';
  const root =
    a.sse === 's3'
      ? [
          stored('s3-root', 'folder', 'domain-key'),
          ...(a.backups ? [stored('s3-root', 'backup', 'domain-key')] : []),
        ]
      : [];
  const held = a.inKms !== 'never' && !a.deleted;
  return [
    { fact: 'material', key: KEY, material: MATERIAL },
    { fact: 'object', object: OBJECT, material: MATERIAL },
    { fact: 'came', material: MATERIAL, from: origins[a.inKms] },
    { fact: 'extractable', process: 'front', material: MATERIAL, answer: 'no' },
    ...(a.sole ? [{ fact: 'sole', party: 'tenant', material: MATERIAL } as const] : []),
    ...root,
    ...(a.inKms === 'never' ? [] : [stored(MATERIAL, 'folder', wrapping)]),
    ...(a.inKms !== 'never' && a.backups ? [stored(MATERIAL, 'backup', wrapping)] : []),
    ...(a.deleted
      ? [{ fact: 'destroyed', secret: MATERIAL, place: 'folder', entry: 'deletion' } as const]
      : []),
    ...(held
      ? ([
          { fact: 'mem', process: 'engine', secret: MATERIAL },
          { fact: 'live', process: 'engine', key: KEY },
          { fact: 'passes', process: 'engine', key: KEY },
        ] as const)
      : []),
  ];
}

const origins = {
  made: 'inside',
  imported: 'outside',
  'imported with receipt': 'receipt',
  never: 'inside',
} as const;

/** What uses the key by the front: a credential, or an operator's act that custodians approve. */
function useFacts(a: Arrangement): readonly Bare[] {
  const usable = a.running && !a.deleted && (a.inKms !== 'never' || a.hsm?.connected === true);
  const accepts = (credential: string): Bare => ({
    fact: 'accepts',
    process: 'front',
    credential,
    key: KEY,
    for: 'use',
  });
  return [
    keeper('tenant', 'tenant-credential'),
    ...(a.credentialsFile ? [stored('credential', 'folder', CLEAR)] : []),
    ...(a.accessKeysInBackup ? [stored('credential', 'backup', 'domain-key')] : []),
    ...(usable ? [accepts('credential'), accepts('tenant-credential')] : []),
    ...(usable ? [{ fact: 'approve', act: 'use', group: custodians, k: 2, key: KEY } as const] : []),
  ];
}

/** A cluster: its store and its backups lie under a storage key, that under the tenant's unlock credential. */
function hsmFacts(a: Arrangement, hsm: Hsm): readonly Bare[] {
  const host = hsm.host === 'operator' ? 'host' : 'tenant-host';
  const gone = hsm.state === 'deleted, backup kept';
  return [
    ...(hsm.host === 'tenant' ? [{ fact: 'root', party: 'tenant', host } as const] : []),
    keeper('tenant', 'unlock-credential'),
    { fact: 'place', place: 'cluster-backup', kind: 'backup', host: 'host' },
    ...readers('cluster-backup', 'thief-of-disk', 'thief-of-backup'),
    ...(hsm.noBackup ? [] : locked('cluster-backup', hsm)),
    ...(gone ? [] : hsmStore(hsm, host)),
    ...(gone ? [] : hsmProcess(a, hsm, host)),
  ];
}

const locked = (place: string, { mode }: Hsm): readonly Bare[] => [
  stored('storage-key', place, 'unlock-credential'),
  ...(mode === 'unattended' ? [stored('storage-key', place, 'seal')] : []),
  stored(MATERIAL, place, 'storage-key'),
];

const hsmStore = (hsm: Hsm, host: string): readonly Bare[] => [
  { fact: 'place', place: 'hsm-store', kind: 'data', host },
  ...(hsm.host === 'operator' ? readers('hsm-store', 'thief-of-disk') : []),
  ...locked('hsm-store', hsm),
];

/** The administrator sets `kmsuser`'s password, so the tenant can use what KMS can. */
const hsmProcess = (a: Arrangement, hsm: Hsm, host: string): readonly Bare[] => {
  const accepts = (credential: string): Bare => ({
    fact: 'accepts',
    process: 'hsm',
    credential,
    key: KEY,
    for: 'use',
  });
  const proc = { fact: 'proc', process: 'hsm', role: 'hsm', host } as const;
  const user = hsm.user === 'own' ? { user: 'lockholm-hsm' } : {};
  return [
    { ...proc, ...user, state: hsm.state === 'unlocked' ? 'run' : 'stop' },
    { fact: 'mem', process: 'hsm', secret: 'storage-key' },
    { fact: 'mem', process: 'hsm', secret: MATERIAL },
    { fact: 'live', process: 'hsm', key: KEY },
    { fact: 'passes', process: 'hsm', key: KEY },
    { fact: 'net', party: 'service-account', process: 'hsm' },
    { fact: 'net', party: 'tenant', process: 'hsm' },
    keeper('tenant', 'hsm-administrator'),
    accepts('hsm-administrator'),
    ...(hsm.extractable
      ? []
      : [{ fact: 'extractable', process: 'hsm', material: MATERIAL, answer: 'no' } as const]),
    ...(hsm.connected
      ? [
          accepts('kmsuser'),
          { fact: 'mem', process: 'front', secret: 'kmsuser' } as const,
          stored('kmsuser', 'folder', 'domain-key'),
          ...(a.backups ? [stored('kmsuser', 'backup', 'domain-key')] : []),
        ]
      : []),
  ];
};
