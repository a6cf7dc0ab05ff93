// Turns HTTP/1.1 WebSocket upgrades into WebSocket over HTTP/2 (RFC 8441), for clients without HTTP/2. Node does the HTTP/2.
// Frames pass unchanged.
//
//   node http2_gateway.mjs https://127.0.0.1:8443 own|shared
//
// Prints its port. "own" opens an HTTP/2 connection for each client, "shared" one connection with a stream for each client.
// The answer to a refused upgrade has the server's status.
import { createHash } from 'node:crypto';
import http2 from 'node:http2';
import net from 'node:net';

const [origin, sharing] = process.argv.slice(2);

function openSession() {
  // The windows of Chromium. lws 4.1.6 sends more than a smaller one allows, and ends the connection when the window grows.
  const session = http2.connect(origin, { rejectUnauthorized: false, settings: { initialWindowSize: 6 << 20 } });
  session.once('connect', () => session.setLocalWindowSize(15 << 20));
  const ready = new Promise((resolve, reject) => {
    session.once('remoteSettings', (settings) =>
      settings.enableConnectProtocol ? resolve(session) : reject(new Error('no extended CONNECT')));
    session.once('error', reject);
    session.once('close', () => reject(new Error('closed')));
  });
  session.on('error', () => {});
  return ready;
}

let shared;
const sessionFor = () => (sharing === 'shared' ? (shared ??= openSession()) : openSession());

function parseRequest(head) {
  const [first, ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(lines.filter(Boolean).map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  }));
  return { path: first.split(' ')[1], headers };
}

function connectHeaders({ path, headers }) {
  const kept = ['origin', 'sec-websocket-version', 'sec-websocket-protocol', 'sec-websocket-extensions', 'user-agent', 'authorization',
    'cookie'];
  const pseudo = { ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'https', ':path': path, ':authority': headers.host };
  return { ...pseudo, ...Object.fromEntries(kept.filter((k) => headers[k]).map((k) => [k, headers[k]])) };
}

function accept(socket, request, answer) {
  const key = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${key}`];
  for (const name of ['sec-websocket-protocol', 'sec-websocket-extensions']) if (answer[name]) lines.push(`${name}: ${answer[name]}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
}

async function refuse(socket, status, stream) {
  const body = [];
  for await (const chunk of stream) body.push(chunk);
  const whole = Buffer.concat(body);
  socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Refused\r\nContent-Length: ${whole.length}\r\n\r\n`), whole]));
}

async function serve(socket, head, rest) {
  const request = parseRequest(head);
  const session = await sessionFor();
  const stream = session.request(connectHeaders(request), { endStream: false });
  // End the stream with RST_STREAM, as Chromium does, unless the server has ended it: lws 4.1.6 ends the whole connection
  // when END_STREAM comes for a stream that it has closed.
  const cancel = () => {
    if (sharing === 'own') session.destroy();
    else if (!ended) stream.close(http2.constants.NGHTTP2_CANCEL);
  };
  let ended = false;
  stream.on('end', () => { ended = true; });
  const end = () => (stream.writableLength ? stream.once('drain', cancel) : cancel());
  stream.on('error', () => socket.destroy());
  stream.on('close', () => socket.end());
  socket.on('error', cancel);
  socket.on('end', end);
  socket.on('close', end);
  stream.on('response', (answer) => {
    const status = answer[':status'];
    if (status !== 200) return refuse(socket, status, stream).catch(() => socket.destroy());
    accept(socket, request, answer);
    if (rest.length) stream.write(rest);
    socket.pipe(stream, { end: false });
    stream.pipe(socket);
  });
}

const server = net.createServer({ noDelay: true }, (socket) => {
  let got = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', function collect(chunk) {
    got = Buffer.concat([got, chunk]);
    const end = got.indexOf('\r\n\r\n');
    if (end < 0) return;
    socket.off('data', collect);
    socket.pause();
    serve(socket, got.subarray(0, end).toString('latin1'), got.subarray(end + 4)).catch(() => socket.destroy());
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
