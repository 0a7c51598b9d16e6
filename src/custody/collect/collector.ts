/** All facts about one subject, from the running system. What is the same for many subjects is read once. */

import type { HandedOut } from '../../audit/handed-out.ts';
import type { AccountId } from '../../core/ids.ts';
import { listAccounts } from '../../identity/accounts.ts';
import { exportsOf } from '../../kms/export-receipts.ts';
import { iso, recorded, resting } from '../basis.ts';
import type { Fact, Facts } from '../facts.ts';
import type { Subject } from '../judge.ts';
import { type BackupGroup, backupFacts, groupBackups } from './backups.ts';
import { type Account, activeCredentials, credentialFacts } from './credentials.ts';
import { declaredFacts } from './declared.ts';
import { handedFacts } from './handed.ts';
import type { HeldKey } from './held.ts';
import { type HsmHolding, hsmFacts, kmsUser } from './hsm.ts';
import { machineFacts } from './machine.ts';
import { materialFacts } from './materials.ts';
import { People, peopleFacts } from './people.ts';
import type { Credentials, KnownBackup, Machine, Sources } from './sources.ts';
import { isUsable, useFacts } from './use.ts';

/** What to judge, with the keys that it hangs on. */
export interface Question {
  readonly subject: Subject;
  readonly keys: readonly HeldKey[];
  /** Materials of a bucket's or an object's; absent for a key, which is judged by all that it has. */
  readonly materials?: readonly string[];
}

export interface Collected {
  readonly facts: Facts;
  readonly holdings: readonly HsmHolding[];
  readonly backups: readonly BackupGroup[];
  readonly handedOut: ReadonlyMap<string, HandedOut>;
}

interface Common {
  readonly people: People;
  readonly declared: readonly Fact[];
  readonly machine: Machine;
  readonly domainKeys: readonly number[];
  readonly backups: readonly KnownBackup[];
  readonly credentials: readonly Credentials[];
  readonly accountNames: ReadonlyMap<string, string>;
  readonly erasurePending: boolean;
}

export class Collector {
  readonly #sources: Sources;
  readonly #common: Common;

  private constructor(sources: Sources, common: Common) {
    this.#sources = sources;
    this.#common = common;
  }

  static async open(sources: Sources): Promise<Collector> {
    const { rows } = sources;
    const declared = declaredFacts(sources.declared);
    const [machine, domainKeys, backups, credentials, accounts, erasurePending] = await Promise.all([
      sources.machine(),
      sources.domainKeys(),
      sources.backups(),
      activeCredentials(rows),
      listAccounts(rows),
      sources.erasurePending(),
    ]);
    const accountNames = new Map<string, string>(accounts.map(({ id, name }) => [id, name]));
    const people = new People(declared);
    const read = { people, declared, machine, domainKeys, backups, credentials, erasurePending };
    return new Collector(sources, { ...read, accountNames });
  }

  get machine(): Machine {
    return this.#common.machine;
  }
  get declared(): readonly Fact[] {
    return this.#common.declared;
  }

  async collect({ subject, keys, materials = [] }: Question): Promise<Collected> {
    const { people, declared, machine, domainKeys, backups, erasurePending } = this.#common;
    const now = this.#sources.now();
    const accounts = [...new Set(keys.map(({ account }) => account))].map((id) => this.#account(id));
    const { holdings, known } = await this.#holdings(keys);
    const groups = groupBackups(backups, keys, accounts, people, passwords(holdings));
    const context = {
      people,
      machine,
      domainKeys,
      erasurePending,
      knowsHsm: (name: string) => known.has(name),
    };
    const handedOut = await this.#handedOut(keys);
    const facts = [
      ...declared.filter(({ fact }) => fact !== 'approve'),
      ...peopleFacts(people, machine, [...new Set(accounts.map(({ tenant }) => tenant))]),
      ...machineFacts(people, machine, domainKeys),
      ...accounts.flatMap((account) => credentialFacts(people, machine, domainKeys, account)),
      ...keys.flatMap((key) => materialFacts(context, key)),
      ...keys.flatMap((key) => this.#use(key, holdings, now)),
      ...backupFacts(groups, people, machine),
      ...holdings.flatMap((holding) =>
        hsmFacts({ ...context, tenant: this.#account(holding.key.account).tenant }, holding),
      ),
      ...('object' in subject
        ? resting(
            recorded('store'),
            ...materials.map((material) => ({ fact: 'object', object: subject.object, material }) as const),
          )
        : []),
      ...handedFacts(handedOut),
    ];
    return { facts: { at: iso(now), facts: distinct(facts) }, holdings, backups: groups, handedOut };
  }

  #use(key: HeldKey, holdings: readonly HsmHolding[], now: number): readonly Fact[] {
    const { people, machine } = this.#common;
    const own = holdings.filter((holding) => holding.key === key);
    const inHsms = own.some(({ cluster }) => cluster.store?.isConnected === true);
    return isUsable(key, now, inHsms) ? useFacts(people, machine, key, this.#account(key.account)) : [];
  }

  #account(id: AccountId): Account {
    const { people, credentials, accountNames } = this.#common;
    const own = credentials.filter(({ account }) => account === id);
    return { id, tenant: people.tenantOf(id, accountNames.get(id) ?? ''), credentials: own };
  }

  /** `known`: lineages of which the HSMs of this server know, and so who has them: all that left them arrived here. */
  async #holdings(keys: readonly HeldKey[]) {
    const holdings: HsmHolding[] = [];
    const known = new Set<string>();
    for (const key of keys)
      for (const material of key.materials)
        for (const name of [...(material.inHsm ? [material.inHsm] : []), ...material.leftHsms]) {
          const clusters = await this.#sources.hsm.holding(name);
          if (clusters === undefined) continue;
          if (!(await this.#leftElsewhere(key, name.lineage))) known.add(name.lineage);
          holdings.push(...clusters.map((cluster) => ({ key, material, cluster })));
        }
    return { holdings, known };
  }

  /** A wrapping that no import of the key brought in: whoever has the key that it is under has the material. */
  async #leftElsewhere({ account, materials }: HeldKey, lineage: string): Promise<boolean> {
    const arrived = new Set(
      materials.flatMap((material) => material.lineage.map(({ arrival }) => arrival?.wrappedHash)),
    );
    const left = await exportsOf(this.#sources.rows, account, lineage);
    return left.some(({ wrappedHash }) => !arrived.has(wrappedHash));
  }

  /** An S3 root has no entries of its own: what is under it is stored, and counted there. */
  async #handedOut(keys: readonly HeldKey[]): Promise<ReadonlyMap<string, HandedOut>> {
    const counted = keys
      .filter(({ name }) => name !== undefined)
      .map(async ({ fact }) => [fact, await this.#sources.handedOut(fact)] as const);
    return new Map(await Promise.all(counted));
  }
}

/** Backups of KMS have the token of a store's password, too. */
const passwords = (holdings: readonly HsmHolding[]) =>
  holdings.flatMap(({ cluster }) =>
    kmsUser(cluster).map((secret) => ({ secret, since: cluster.store?.passwordSince ?? 0 })),
  );

/** Of several keys, each says the same of what they share. */
const distinct = (facts: readonly Fact[]): readonly Fact[] => [
  ...new Map(facts.map((fact) => [JSON.stringify({ ...fact, basis: null }), fact])).values(),
];
