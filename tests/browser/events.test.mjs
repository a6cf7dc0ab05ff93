// The browser's own EventSource, in a page of a running server (LWS_CHAT_URL).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWindows, pageUrl, until } from './support.mjs';

const windows = openWindows();

// A page behind a wire that can be cut. It reads `path` and keeps the events in its window.
async function openReader(path, rooms) {
  windows.expectProblem(/net::ERR_|Failed to load resource/);
  const relay = await windows.relay();
  const page = await (await windows.context()).newPage();
  await page.goto(new URL(`${pageUrl.pathname}plain.html`, relay.origin).href);
  await page.evaluate(([at, types]) => {
    window.got = [];
    window.opened = 0;
    window.source = new EventSource(at);
    window.source.onopen = () => { window.opened += 1; };
    for (const type of ['position', 'gap', ...types]) {
      window.source.addEventListener(type, ({ data, lastEventId }) => window.got.push({ type, data, lastEventId }));
    }
  }, [path, rooms]);
  const read = () => page.evaluate(() => ({ got: window.got, opened: window.opened }));
  await until(async () => (await read()).got.length > 0, 'the position');
  return { read, relay };
}

const texts = (got, type) => got.filter((event) => event.type === type).map((event) => event.data);

// Publishes so many messages in each room, and cuts the wire twice meanwhile.
async function sayOverCuts({ read, relay }, rooms, count) {
  const members = await Promise.all(rooms.map((room) => windows.member(room)));
  const say = async (from, to) => {
    for (let i = from; i < to; i++) members.forEach((member, n) => member.send(`${rooms[n]}\n${i}`));
    await until(() => members.every(({ heard }) => heard.length === to), 'the messages');
  };
  const has = async (number) => (await read()).got.filter(({ type }) => type !== 'position').length >= number;
  await say(0, count);
  await until(() => has(1), 'the first message');
  relay.cut();
  await say(count, 2 * count);
  relay.mend();
  await until(() => has(2 * count * rooms.length), 'what was missed');
  const talking = say(2 * count, 3 * count);
  relay.cut();
  await talking;
  relay.mend();
  await until(() => has(3 * count * rooms.length), 'all');
  return Array.from({ length: 3 * count }, (_, i) => i);
}

test('an EventSource gets each message once and in order despite cuts', async () => {
  const { room } = windows;
  const reader = await openReader(`/sse/${room}`, ['message']);
  const numbers = await sayOverCuts(reader, [room], 30);
  const { got, opened } = await reader.read();
  assert.deepEqual(texts(got, 'message'), numbers.map((i) => `${room}\n${i}`));
  assert.deepEqual(texts(got, 'gap'), []);
  assert.equal(opened, 3);
  const { epoch } = JSON.parse(got[0].data);
  assert.equal(got.at(-1).lastEventId, `${epoch}:${numbers.length}`);
});

test('an EventSource of several rooms gets each message once and in order, with the room as event name', async () => {
  const rooms = [`${windows.room}-a`, `${windows.room}-b`];
  const reader = await openReader(`/sse/?${rooms.map((room) => `room=${room}`).join('&')}`, rooms);
  const numbers = await sayOverCuts(reader, rooms, 30);
  const { got } = await reader.read();
  for (const room of rooms) assert.deepEqual(texts(got, room), numbers.map((i) => `${room}\n${i}`));
  assert.deepEqual(texts(got, 'gap'), []);
});

test('lost messages are reported as a gap', async () => {
  const { room } = windows;
  const { read, relay } = await openReader(`/sse/${room}`, ['message']);
  const member = await windows.member(room);
  relay.cut();
  for (let i = 0; i < 150; i++) member.send(`${i}`); // the room keeps 100
  await until(() => member.heard.length === 150, 'the messages');
  relay.mend();
  await until(async () => texts((await read()).got, 'gap').length === 1, 'the gap');
  member.send('after');
  await until(async () => texts((await read()).got, 'message').length === 1, 'the message');
  assert.deepEqual(texts((await read()).got, 'message'), ['after']);
});
