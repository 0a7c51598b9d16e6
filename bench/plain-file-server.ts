/** The yardstick for S3: a node:http server that keeps bodies as plain files in a folder, and no more. Syncs them if told. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const [port, folder = '', sync] = process.argv.slice(2);

const put = async (request: IncomingMessage, response: ServerResponse, path: string) => {
  await pipeline(request, createWriteStream(path, { flush: sync === 'sync' }));
  response.writeHead(200, { 'content-length': 0 }).end();
};

const get = async (response: ServerResponse, path: string) => {
  const { size } = await stat(path);
  response.writeHead(200, { 'content-length': size });
  await pipeline(createReadStream(path), response);
};

const answer = async (request: IncomingMessage, response: ServerResponse) => {
  const { url = '/', method } = request;
  const path = join(folder, url);
  if (url === '/') response.writeHead(200, { 'content-length': 0 }).end();
  else if (method === 'GET') await get(response, path);
  else if (url.lastIndexOf('/') > 0) await put(request, response, path);
  else {
    await mkdir(path);
    response.writeHead(200, { 'content-length': 0 }).end();
  }
};

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.listen(Number(port), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
