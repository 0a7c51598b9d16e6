/** The report as data: what `--json` prints and the HTML page shows. docs/custody.md, "Report". */
import type { Verdict, Way } from '../answers.ts';
import type { Cost, Figure } from '../cost/cost.ts';
import type { Fact } from '../facts.ts';
import type { Question } from '../judge.ts';
import type { SubjectKind } from './subjects.ts';

export const REPORT_FORMAT = 'lockholm-custody-report';
export const REPORT_VERSION = 1;

export interface VerdictReport {
  /** As a cell of the table has it. */
  readonly text: string;
  readonly answer: Verdict['answer'];
  readonly ways: readonly Way[];
  /** Each way in words. */
  readonly inFull: readonly string[];
}
export interface CellReport extends VerdictReport {
  /** Where a build that somebody chooses changes it. */
  readonly fromNextStart?: VerdictReport;
}
export interface Exposure {
  readonly material: string;
  readonly party: string;
  readonly from?: string;
  readonly to?: string;
}
export interface RowReport {
  readonly actor: { readonly id: string; readonly kind: string; readonly parties: readonly string[] };
  readonly cells: Readonly<Record<Question, CellReport>>;
  readonly exposed: readonly Exposure[];
}

export interface LineageReport {
  readonly material: string;
  readonly events: readonly {
    readonly event: string;
    readonly time: string;
    readonly entry: string;
    /** Who has it from then on, and what keeps it closed there. */
    readonly holders: readonly { readonly place: string; readonly under: string }[];
    /** Of an import that an HSM's receipt matches. */
    readonly from?: { readonly clusterId: string; readonly hsmId: string; readonly lineage: string };
    readonly wrappedHash?: string;
  }[];
  /** Backups that hold it, and are on record as there. */
  readonly inBackups: readonly string[];
  /** It is destroyed, and a backup holds it still. */
  readonly outlivedByBackup: boolean;
  /** Other keys of the account with the same material: `<region>/<key id>/<material id>`. */
  readonly sameAs: readonly string[];
  /** Objects stored here that hang on it; absent where they were not counted. */
  readonly objects?: number;
}

/** The arrangements of the public debate, and what is none of them. */
export const arrangements = [
  'default key',
  'customer managed key',
  'imported key',
  'custom key store',
  'HSM key exported to KMS',
] as const;
export type ArrangementName = (typeof arrangements)[number];

export interface SubjectReport {
  readonly kind: SubjectKind;
  readonly name: string;
  readonly account: string;
  readonly aliases: readonly string[];
  readonly arrangements: readonly ArrangementName[];
  readonly state?: string;
  readonly rows: readonly RowReport[];
  readonly exposed: readonly Exposure[];
  readonly lineage: readonly LineageReport[];
  readonly backups: readonly {
    readonly id: string;
    readonly path: string;
    readonly created: string;
    readonly deleted?: string;
  }[];
  /** Counted in the journal; absent where nothing was. */
  readonly handedOut?: {
    readonly ciphertexts: number;
    readonly received: readonly {
      readonly principal: string;
      readonly dataKeys: number;
      readonly plaintexts: number;
    }[];
  };
  readonly cost: readonly Figure[];
  readonly facts: readonly Fact[];
}

export interface Omitted {
  readonly name: string;
  readonly reason: string;
  /** There is nothing in it that anybody could have. */
  readonly empty: boolean;
}

export interface Report {
  readonly format: typeof REPORT_FORMAT;
  readonly version: typeof REPORT_VERSION;
  readonly validAt: { readonly time: string; readonly journalEntries: number; readonly logHead: string };
  readonly host: string;
  readonly endpoint: string;
  readonly subjects: readonly SubjectReport[];
  /** What was named and could not be reported on, with the reason. */
  readonly omitted: readonly Omitted[];
  readonly declared: readonly { readonly fact: string; readonly by: string; readonly at: string }[];
  /** What nobody said, and what was assumed instead. */
  readonly unknown: readonly string[];
  readonly cost: Cost;
}

/** A part of a report, and where to go on. */
export interface ReportPage extends Report {
  readonly next?: string;
}
