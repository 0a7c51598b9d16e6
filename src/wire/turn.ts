/** Collects what comes in one turn of the event loop, and hands it on together at the turn's end. */
export class Turn<Item> {
  readonly #take: (items: readonly Item[]) => void;
  #items: Item[] = [];

  constructor(take: (items: readonly Item[]) => void) {
    this.#take = take;
  }

  add(item: Item): void {
    if (this.#items.push(item) > 1) return;
    setImmediate(() => {
      const items = this.#items;
      this.#items = [];
      this.#take(items);
    });
  }
}
