/**
 * Gives the memory of bytes back that nobody reads any more, where they are all that is in it. What the collector does not
 * see to be large it collects late, and then all at once.
 */
export function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
