/** A small service with everything that the pipeline does for one: reads, changes, conflicts, faults, a stream. */
import type { Call, Operation, Service, Target } from '../../src/core/call.ts';
import { ServiceError } from '../../src/core/errors.ts';
import type { StructureShape } from '../../src/core/shape.ts';
import { EngineError } from '../../src/engine/protocol/messages.ts';
import { StoreError } from '../../src/store/contract.ts';
import type { Rows, RowsChange } from '../../src/store/rows-contract.ts';
import type { BodyStream } from '../../src/wire/body-stream.ts';

type NotesCall = Call<RowsChange>;
interface NoteInput {
  readonly Name: string;
  readonly Text?: string;
  readonly Account?: string;
}
interface UploadInput {
  readonly Name: string;
  readonly Body: BodyStream;
}

const input: StructureShape = {
  type: 'structure',
  members: {
    Name: { type: 'string', min: 1, max: 20 },
    Text: { type: 'string' },
    Account: { type: 'string' },
  },
  required: ['Name'],
};
const output: StructureShape = {
  type: 'structure',
  members: { Text: { type: 'string' }, Made: { type: 'timestamp' } },
  required: [],
};

export class Notes {
  readonly #rows: Rows;
  /** How often `PutNote` ran. */
  runs = 0;
  /** Conflicts still to come in `PutNote`. */
  conflicts = 0;
  /** Holds `Wait` until resolved. */
  gate: Promise<void> = Promise.resolve();

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  readonly service = (name = 'notes'): Service => ({
    name,
    eventSource: `${name}.amazonaws.com`,
    operations: new Map(this.#operations().map((operation) => [operation.name, operation])),
  });

  #operations(): readonly Operation[] {
    return [
      this.#operation('GetNote', output, true, async ({ Name }) => {
        const row = await this.#rows.get<{ Text: string }>('setting', Name);
        if (row === undefined) throw new ServiceError('NotFoundException', `There is no note ${Name}.`);
        return { Text: row.value.Text, Made: 1_700_000_000_250 };
      }),
      this.#operation('PutNote', null, false, async ({ Name, Text = '' }, call) => {
        this.runs += 1;
        call.record.responseElements = { runs: this.runs };
        if (this.conflicts > 0) {
          this.conflicts -= 1;
          await call.commit({ expect: [{ table: 'setting', id: 'absent', version: 7 }] });
        }
        const old = await this.#rows.get('setting', Name);
        await call.commit({
          put: [{ table: 'setting', id: Name, version: (old?.version ?? 0) + 1, value: { Text } }],
        });
      }),
      this.#operation('PutAndFail', null, false, async ({ Name }, call) => {
        await call.commit({ put: [{ table: 'setting', id: Name, version: 1, value: { Text: 'kept' } }] });
        throw new TypeError('after the commit');
      }),
      this.#operation('Wait', output, true, async () => {
        await this.gate;
        return { Text: 'done' };
      }),
      this.#operation('Break', output, true, ({ Name }) => {
        if (Name === 'engine') throw new EngineError('unavailable', 'no engine');
        if (Name === 'store') throw new StoreError('full', 'no space');
        if (Name === 'output') return { Text: 5 };
        if (Name === 'silent') throw new ServiceError('InvalidCiphertextException');
        throw new TypeError('secret detail');
      }),
      {
        ...this.#operation('Unnamed', output, true, () => ({})),
        resolve: () => ({ resolved: undefined, targets: [] }),
      },
      this.#upload(),
    ];
  }

  #operation(
    name: string,
    shape: StructureShape | null,
    readOnly: boolean,
    run: (input: NoteInput, call: NotesCall) => unknown,
  ): Operation {
    const operation: Operation<NoteInput, unknown, undefined, RowsChange> = {
      name,
      input,
      output: shape,
      readOnly,
      resolve: (note, call) => ({ resolved: undefined, targets: [target(name, note, call)] }),
      run: (note, call) => run(note, call),
      audit: ({ Name }) => ({ name: Name }),
    };
    return operation as Operation;
  }

  #upload(): Operation {
    const operation: Operation<UploadInput, { Text: string }, undefined, RowsChange> = {
      name: 'Upload',
      input: { type: 'structure', members: { Name: { type: 'string', max: 20 } }, required: ['Name'] },
      output,
      readOnly: false,
      resolve: (note, call) => ({ resolved: undefined, targets: [target('Upload', note, call)] }),
      async run({ Name, Body }, call) {
        const chunks: Buffer[] = [];
        if (Name !== 'unread') for await (const chunk of Body) chunks.push(chunk);
        const Text = Buffer.concat(chunks).toString();
        await call.commit({ put: [{ table: 'setting', id: Name, version: 1, value: { Text } }] });
        return { Text };
      },
      audit: ({ Name }) => ({ name: Name }),
    };
    return operation as Operation;
  }
}

const target = (name: string, note: { Name: string; Account?: string }, call: NotesCall): Target => {
  const account = (note.Account ?? call.account) as typeof call.account;
  return { action: `notes:${name}`, resource: `arn:aws:notes:${call.region}:${account}:note/x`, account };
};
