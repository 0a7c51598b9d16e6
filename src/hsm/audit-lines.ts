/** The audit log's file read from its beginning, some of it at a time: it grows for years. */
import { HsmError } from './protocol/errors.ts';
import { readAt } from './store/file.ts';

const CHUNK = 1024 * 1024;
const NEWLINE = 0x0a;

/** Each whole line, without its newline. Bytes after the last one are no line. Throws `tampered` for one without end. */
export function* auditLines(fd: number): Generator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for (let offset = 0; ; ) {
    const chunk = readAt(fd, offset, CHUNK);
    if (chunk.length === 0) return;
    offset += chunk.length;
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      yield bytes.subarray(start, end);
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > CHUNK) throw new HsmError('tampered', 'the audit log has a line that does not end');
  }
}
