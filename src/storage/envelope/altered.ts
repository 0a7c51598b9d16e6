/** A stored object is not what Lockholm wrote, or not what the index says: nothing of it is given out. */
export class AlteredObject extends Error {
  override readonly name = 'AlteredObject';
  readonly code = 'altered';
}

export const altered = (generation: Uint8Array, what: string): AlteredObject =>
  new AlteredObject(
    `object file ${Buffer.from(generation).toString('hex')}: ${what}. It was changed, replaced or damaged outside of ` +
      'Lockholm: restore it from a copy of the folder, and find out who can write there',
  );
