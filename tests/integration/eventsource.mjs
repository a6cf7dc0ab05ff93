// A reader with the npm package eventsource. Prints the events as JSON for test_eventsource.py.
//
//   node eventsource.mjs recovery|refused URL
import { EventSource } from 'eventsource';
import WebSocket from 'ws';
import { relayTo } from './centrifuge_relay.mjs';

process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
const [scenario, url] = process.argv.slice(2);
const MESSAGES = 2000;
const CUTS = 6;
const PATIENCE = 60_000;
setTimeout(() => { console.error(`${scenario}: waited ${PATIENCE} ms`); process.exit(1); }, PATIENCE).unref();
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function talker(room) {
  const at = new URL(`/chat/${room}`, url);
  at.protocol = at.protocol.replace('http', 'ws');
  const socket = new WebSocket(at, { perMessageDeflate: false });
  socket.on('message', () => {});
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  return socket;
}

// Reads busy rooms over a relay that is cut many times, until all messages have come.
async function readOverCuts(path, rooms) {
  const relay = await relayTo(url);
  const source = new EventSource(new URL(path, relay.url));
  const got = Object.fromEntries(rooms.map((room) => [room, []]));
  const told = { position: 0, gap: 0 };
  const seen = () => Object.values(got).reduce((sum, texts) => sum + texts.length, 0);
  for (const kind of Object.keys(told)) source.addEventListener(kind, () => { told[kind] += 1; });
  for (const room of rooms) source.addEventListener(rooms.length > 1 ? room : 'message', ({ data }) => got[room].push(data));
  while (told.position < rooms.length) await sleep(2);

  const talkers = await Promise.all(rooms.map(talker));
  let said = 0;
  const talking = (async () => {
    while (said < MESSAGES) {
      for (const [i, socket] of talkers.entries()) socket.send(`${rooms[i]}\n${said}`);
      said += 1;
      if (said % 10 === 0) await sleep(relay.cuts < CUTS ? 60 : 1);
    }
  })();
  // Messages may arrive after a cut, because they were on their way. The relay counts only those of a connection.
  while (relay.cuts < CUTS) {
    const before = seen();
    while (seen() === before) await sleep(2);
    await sleep(Math.random() * 30);
    relay.cut();
  }
  await talking;
  while (seen() < MESSAGES * rooms.length) await sleep(2);
  source.close();
  const exactly = rooms.every((room) => got[room].every((text, i) => text === `${room}\n${i}`));
  return { exactly, cuts: relay.cuts, gaps: told.gap, counts: rooms.map((room) => got[room].length) };
}

const scenarios = {
  async recovery() {
    const [one, several] = await Promise.all([readOverCuts('/sse/lobby', ['lobby']), readOverCuts('/sse/?room=a&room=b', ['a', 'b'])]);
    return { one, several };
  },
  async refused() {
    const source = new EventSource(new URL('/sse/a%2Fb', url));
    const error = await new Promise((resolve) => source.addEventListener('error', resolve));
    return { code: error.code, closed: source.readyState === EventSource.CLOSED };
  },
};

process.stdout.write(`${JSON.stringify(await scenarios[scenario]())}\n`, () => process.exit(0));
