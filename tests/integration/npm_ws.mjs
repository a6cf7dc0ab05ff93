// A client with the npm package ws. Prints the events as JSON for test_npm_ws.py.
//
//   node npm_ws.mjs exchange|fragments|binary|close|deflate|refused URL
import WebSocket from 'ws';

const [scenario, url] = process.argv.slice(2);
const options = { rejectUnauthorized: false, perMessageDeflate: scenario === 'deflate' };
const PATIENCE = 30_000;
setTimeout(() => { console.error(`${scenario}: waited ${PATIENCE} ms`); process.exit(1); }, PATIENCE).unref();

// A client that keeps all its messages.
async function join() {
  const socket = new WebSocket(url, options);
  const messages = [];
  let wake = () => {};
  socket.on('message', (data, binary) => { messages.push(binary ? { binary: data.toString('hex') } : data.toString()); wake(); });
  const closed = new Promise((resolve) => socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })));
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  const take = async (count) => {
    while (messages.length < count) await new Promise((resolve) => { wake = resolve; });
    return messages.splice(0, count);
  };
  return { socket, take, closed };
}

const scenarios = {
  async exchange() {
    const [a, b] = [await join(), await join()];
    const texts = ['hello', '', '請輸入', 'x'.repeat(126), 'y'.repeat(65536)];
    for (const text of texts) a.socket.send(text);
    return { sent: texts, a: await a.take(texts.length), b: await b.take(texts.length) };
  },
  async fragments() {
    const [a, b] = [await join(), await join()];
    a.socket.send('one ', { fin: false });
    a.socket.send('two ', { fin: false });
    a.socket.ping('between');
    const pong = await new Promise((resolve) => a.socket.once('pong', (data) => resolve(data.toString())));
    a.socket.send('three', { fin: true });
    return { pong, a: await a.take(1), b: await b.take(1) };
  },
  async binary() {
    const client = await join();
    client.socket.send(Buffer.from([0, 255]));
    return client.closed;
  },
  async close() {
    const [a, b] = [await join(), await join()];
    a.socket.send('close');
    const got = { a: await a.take(2), b: await b.take(1), server: await a.closed };
    b.socket.close(4001, 'going home');
    return { ...got, client: await b.closed };
  },
  async deflate() {
    const client = await join();
    client.socket.send('z'.repeat(5000));
    const [text] = await client.take(1);
    return { extensions: client.socket.extensions, whole: text === 'z'.repeat(5000) };
  },
  async refused() {
    const socket = new WebSocket(url, { ...options, origin: 'https://example.org' });
    socket.on('error', () => {});
    return new Promise((resolve) => socket.on('unexpected-response', (_, response) => resolve({ status: response.statusCode })));
  },
};

process.stdout.write(`${JSON.stringify(await scenarios[scenario]())}\n`, () => process.exit(0));
