/** One user of the load: makes keys and aliases that no other worker touches, changes and uses them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Known } from './book.ts';
import type { Caller } from './caller.ts';
import { changeAlias, changeTag, createKey, describe, moveState, putPolicy, rotate } from './changes.ts';
import type { Key, Sealed } from './model.ts';
import { decrypt, encrypt, generateDataKey, reEncrypt } from './uses.ts';

const KEYS_MAX = 5;
const ALIASES = 3;
/** Below AWS's limit of rotations on demand a key, retries included. */
const ROTATIONS_MAX = 15;
const PAUSE_MS = 8;

export class Worker {
  readonly keys: Key[] = [];
  /** By name: the id of the target; undefined: no such alias. */
  readonly aliases = new Map<string, Known<string | undefined>>();
  readonly sealed: Sealed[] = [];
  /** Keys that there may be: each attempt may have made one. */
  keysAttempted = 0;
  readonly #caller: Caller;
  readonly #marker: string;

  /** `marker` is in each plaintext. */
  constructor(caller: Caller, marker: string) {
    this.#caller = caller;
    this.#marker = marker;
    for (let i = 0; i < ALIASES; i += 1)
      this.aliases.set(`alias/${caller.name}-${i}`, new Known<string | undefined>(undefined));
  }

  async run(stop: AbortSignal): Promise<void> {
    const { random } = this.#caller;
    while (!stop.aborted) {
      await this.#step();
      await sleep(random.below(PAUSE_MS));
    }
  }

  #step(): Promise<void> {
    const { random } = this.#caller;
    if (this.keys.length === 0 || (this.keys.length < KEYS_MAX && random.below(30) === 0))
      return this.#make();
    const key = random.pick(this.keys);
    if (key.state.certain?.value !== 'Enabled') return moveState(this.#caller, key, 'Enabled');
    return random.below(3) === 0 ? this.#change(key) : this.#use(key);
  }

  async #make(): Promise<void> {
    const key = await createKey(this.#caller, (attempts) => {
      this.keysAttempted += attempts;
    });
    if (key !== undefined) this.keys.push(key);
  }

  /** The key is enabled. */
  #change(key: Key): Promise<void> {
    const caller = this.#caller;
    const { random } = caller;
    switch (random.below(9)) {
      case 0:
        return moveState(caller, key, 'Disabled');
      case 1:
        return moveState(caller, key, 'PendingDeletion');
      case 2:
        return describe(caller, key);
      case 3:
        return putPolicy(caller, key);
      case 4:
        return key.rotations.attempted < ROTATIONS_MAX ? rotate(caller, key) : describe(caller, key);
      case 5:
      case 6:
        return changeTag(caller, key, `tag-${random.below(3)}`);
      default: {
        const [name, target] = random.pick([...this.aliases]);
        return changeAlias(caller, name, target, key);
      }
    }
  }

  async #use(key: Key): Promise<void> {
    const caller = this.#caller;
    const usable = this.sealed.filter(({ keyArn }) => keyArn === key.arn);
    const some = usable.length > 0 ? caller.random.pick(usable) : undefined;
    const kind = some === undefined ? 0 : caller.random.below(4);
    if (some === undefined || kind === 0) this.#keep(await encrypt(caller, key, this.#plaintext()));
    else if (kind === 1) this.#keep(await generateDataKey(caller, key));
    else if (kind === 2) await decrypt(caller, some);
    else {
      const enabled = this.keys.filter(({ state }) => state.certain?.value === 'Enabled');
      this.#keep(await reEncrypt(caller, some, caller.random.pick(enabled)));
    }
  }

  #plaintext(): Uint8Array {
    const { random } = this.#caller;
    return Buffer.concat([Buffer.from(this.#marker), random.bytes(random.below(600))]);
  }

  #keep(sealed: Sealed | undefined): void {
    if (sealed !== undefined) this.sealed.push(sealed);
  }
}
