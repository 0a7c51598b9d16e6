/** The yardstick: a node:http server that reads a request's body and answers 200 bytes of JSON, and no more. */
import { createServer } from 'node:http';

const body = Buffer.from(JSON.stringify({ CiphertextBlob: 'A'.repeat(179) }));
const headers = { 'content-type': 'application/x-amz-json-1.1', 'content-length': body.length };

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, headers);
    response.end(body);
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
