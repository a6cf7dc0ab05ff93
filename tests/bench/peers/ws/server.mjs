// A broadcast with npm's ws: a loop over the clients. Each path is a room.
//
//   node server.mjs PORT [CERT KEY]
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

// The package of the other tests, in their pinned version.
const { WebSocketServer } = createRequire(new URL('../../../', import.meta.url))('ws');

const [port, cert, key] = process.argv.slice(2);
const http = cert ? createHttps({ cert: readFileSync(cert), key: readFileSync(key) }) : createHttp();
const server = new WebSocketServer({ server: http });
const rooms = new Map();

server.on('connection', (socket, request) => {
  if (!rooms.has(request.url)) rooms.set(request.url, new Set());
  const room = rooms.get(request.url);
  room.add(socket);
  socket.on('message', (data, isBinary) => {
    for (const client of room) client.send(data, { binary: isBinary });
  });
  socket.on('close', () => room.delete(socket));
  socket.on('error', () => room.delete(socket));
});
http.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });
