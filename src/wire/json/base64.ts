/** Standard base64 with padding (RFC 4648, section 4), strictly: one text for each sequence of bytes. */

const LAST_BEFORE_TWO_PADS = /[AQgw]==$/;
const LAST_BEFORE_ONE_PAD = /[AEIMQUYcgkosw048]=$/;

/** The bytes, or what is wrong in AWS's words. */
export function decodeBase64(text: string): Buffer | string {
  if (text.length % 4 !== 0) {
    return `Base64 encoded length is expected a multiple of 4 bytes but found: ${text.length}`;
  }
  const pads = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(text, 'base64');
  // Buffer leaves out what is not base64, so a wrong character shows in the length, but for the two characters
  // of base64url, which it takes too.
  if (bytes.length !== (text.length / 4) * 3 - pads || text.includes('-') || text.includes('_')) {
    return 'Invalid Base64 character';
  }
  const canonical = pads === 0 || (pads === 1 ? LAST_BEFORE_ONE_PAD : LAST_BEFORE_TWO_PADS).test(text);
  return canonical ? bytes : 'Invalid last non-pad Base64 character dectected';
}
