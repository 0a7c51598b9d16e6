/** As much of HTTP/1.1 as a load generator needs to know that an answer is whole. */

export interface Answer {
  readonly status: number;
  /** The server will close the connection. */
  readonly close: boolean;
  readonly body: Buffer;
}

const headEnd = Buffer.from('\r\n\r\n');
const statusAt = 'HTTP/1.1 '.length;

/** Undefined until the whole answer is there. Throws where it has no Content-Length. */
export const readAnswer = (data: Buffer): Answer | undefined => {
  const end = data.indexOf(headEnd);
  if (end === -1) return undefined;
  const head = data.toString('latin1', 0, end);
  const length = /\r\ncontent-length: *([0-9]+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error('an answer without Content-Length');
  const bodyStart = end + headEnd.length;
  const bodyEnd = bodyStart + Number(length);
  if (data.length < bodyEnd) return undefined;
  return {
    status: Number(head.slice(statusAt, statusAt + 3)),
    close: /\r\nconnection: *close/i.test(head),
    body: data.subarray(bodyStart, bodyEnd),
  };
};
