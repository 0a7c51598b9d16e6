/** What a token says in clear: u8 format version, u8 kind, u32 domain key id (docs/formats/token.md). */
const DOMAIN_KEY_AT = 2;

/** The id of the domain key that the token is under. */
export function domainKeyOf(token: Uint8Array): number {
  return new DataView(token.buffer, token.byteOffset, token.byteLength).getUint32(DOMAIN_KEY_AT);
}
