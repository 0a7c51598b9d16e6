/**
 * An order served on the operator, run as far as it goes with what the operator has: the folder, the seal in it, the
 * running server and its HSMs. What it could do beyond that is named, and not done.
 */
import { createServer } from 'node:net';
import type { Cluster } from '@aws-sdk/client-cloudhsm-v2';
import type { Arrangement } from '../arrangement.ts';
import { type Server, serve } from '../server.ts';
import { type Clients, clientsOf } from '../tenant/clients.ts';
import { compared, hashOf, type TheFile } from '../the-file.ts';
import { askFront } from './ask-front.ts';
import { askHsm } from './ask-hsm.ts';
import { type Attempt, nothing } from './attempt.ts';
import { SeizedFolder } from './seized-folder.ts';

export interface Served {
  readonly attempts: readonly Attempt[];
  readonly notAttempted: readonly string[];
}

export interface OrderParts {
  readonly server: Server;
  readonly file: TheFile;
  /** Where the folder is copied to: nothing is there yet. */
  readonly copyTo: string;
}

export class Order {
  readonly folder: SeizedFolder;
  readonly #file: TheFile;
  readonly #live: Clients;
  readonly #copy: Server;
  readonly #onCopy: Clients;

  private constructor(folder: SeizedFolder, file: TheFile, live: Clients, copy: Server) {
    this.folder = folder;
    this.#file = file;
    this.#live = live;
    this.#copy = copy;
    this.#onCopy = clientsOf(copy);
  }

  /** Copies the folder of the running server, and starts another server on the copy. */
  static async serve({ server, file, copyTo }: OrderParts): Promise<Order> {
    const folder = await SeizedFolder.take(server.data, copyTo);
    // Its HSMs, copies as well, must not meet those that run.
    const copy = await serve({ data: copyTo, env: { LOCKHOLM_HSM_PORT: String(await freePort()) } });
    return new Order(folder, file, clientsOf(server), copy);
  }

  async against(arrangement: Arrangement, hsm?: HsmTarget): Promise<Served> {
    const attempts = [
      await this.#material(arrangement),
      await askFront('a server, started on the copy', this.#onCopy, arrangement.object, this.#file),
      await askFront(
        'the running server, by the credentials file',
        this.#live,
        arrangement.object,
        this.#file,
      ),
      ...(hsm === undefined ? [] : await askHsm({ ...hsm, ...this.#asked(arrangement) })),
    ];
    return { attempts, notAttempted: beyond(hsm !== undefined) };
  }

  #asked = ({ object }: Arrangement) => ({ folder: this.folder, object, file: this.#file });

  async #material({ object, knownMaterial }: Arrangement): Promise<Attempt> {
    const how = 'the tokens, opened by the seal';
    const opened = this.folder.material(object);
    if (opened === undefined) return nothing(how, 'the folder has no token of this material: it is in HSMs');
    const content = compared(await this.folder.read(object, opened.dataKey), this.#file);
    const isKnown = knownMaterial !== undefined && hashOf(opened.bytes) === knownMaterial;
    if (knownMaterial !== undefined && !isKnown)
      throw new Error(`the material of ${object} is not the one imported`);
    return {
      how,
      got: ['material', 'use'],
      said: `${opened.bytes.length} bytes of key material${isKnown ? ', as the tenant brought it' : ''}; by it ${content}`,
    };
  }

  /** Of `kmsuser`, where the folder has it. */
  storePassword({ object }: Arrangement): string | undefined {
    return this.folder.storePassword(this.folder.keyStore(this.folder.inHsm(object)));
  }

  async end(): Promise<void> {
    this.#live.close();
    this.#onCopy.close();
    await this.#copy.stop();
  }
}

export interface HsmTarget {
  readonly cluster: Cluster;
  readonly earlierPassword: string | undefined;
}

/** What an operator can do and the tour does not. */
const beyond = (hsms: boolean): readonly string[] => [
  `reading the memory of front${hsms ? ', engines and HSMs' : ' and engines'}`,
  'another build of Lockholm at the next start',
  ...(hsms ? ['the unlock code or a password, asked of the tenant or guessed'] : []),
];

/** Of this machine, for as long as nobody else takes it. */
function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
