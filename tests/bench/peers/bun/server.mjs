// A broadcast with Bun's server: publish to a topic. Each path is a room.
//
//   bun server.mjs PORT [CERT KEY]
const [port, cert, key] = process.argv.slice(2);

const server = Bun.serve({
  port: Number(port),
  hostname: '127.0.0.1',
  tls: cert ? { cert: Bun.file(cert), key: Bun.file(key) } : undefined,
  fetch(request, server) {
    const room = new URL(request.url).pathname;
    if (!server.upgrade(request, { data: { room } })) return new Response('WebSocket only', { status: 400 });
  },
  websocket: {
    // Above this Bun drops messages; the default is 16 MiB too.
    backpressureLimit: 16 * 1024 * 1024,
    open(socket) {
      socket.subscribe(socket.data.room);
    },
    message(socket, text) {
      server.publish(socket.data.room, text);
    },
  },
});
