// Difficult names of rooms, nicknames and ids, in a real browser against a running server (LWS_CHAT_URL): names of JavaScript's
// own properties, long names, names written from right to left.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  OPENED, openWindows, message, myNick, rules, say, showsPeople, showsRules, shows, state, unique, until,
} from './support.mjs';

const windows = openWindows();

// "constructor", "__proto__", "hasOwnProperty" and so on.
const INHERITED = Object.getOwnPropertyNames(Object.prototype);

// The next test has the others.
for (const room of ['constructor', 'hasOwnProperty', '__proto__']) {
  test(`two windows talk in the room ${room}, and see each other join, type, leave and return`, async () => {
    const a = await windows.open({ room });
    const b = await windows.open({ room });
    const names = [await myNick(a), await myNick(b)];
    assert.equal(await a.locator('#room').textContent(), room);
    await showsPeople(a, names);
    const [one, two, three] = [unique('一'), unique('二'), unique('三')];
    await say(a, one);
    await message(b, one);
    await say(b, two);
    await message(a, two);
    await a.locator('#input').pressSequentially('字');
    await b.locator('#typing-text').waitFor();
    await a.locator('#close').click();
    await state(a, 'disconnected');
    await showsPeople(b, names.slice(1));
    await say(b, three);
    await message(b, three);
    await a.locator('#reconnect').click();
    await state(a, 'connected');
    await message(a, three);
    await showsPeople(b, names);
  });
}

test('the switcher enters and leaves rooms with inherited names', async () => {
  const page = await windows.open();
  for (const room of [...INHERITED, ...INHERITED, windows.room]) {
    const member = await windows.member(room);
    await page.locator('#room-name').fill(room);
    await page.locator('#room-name').press('Enter');
    await until(async () => (await rules(page)).at(-1) === `已進入房間「${room}」`, `to be in ${room}`);
    const text = unique(room);
    await say(page, text);
    await until(() => member.heard.includes(text), `the text in ${room}`);
    await message(page, text);
  }
  const outside = await windows.member('constructor');
  const text = unique('不在那裡');
  outside.send(text);
  await until(() => outside.heard.includes(text), 'the text in the room');
  await say(page, '在這裡');
  await message(page, '在這裡');
  assert.ok(!(await page.locator('#messages').textContent()).includes(text));
});

test('messages to a room with an inherited name arrive unchanged', async () => {
  const room = 'constructor';
  const page = await windows.open({ room });
  const member = await windows.member(room);
  const texts = ['{"channel":"constructor"}', '"channel":"/constructor"', '{"push":{"channel":"toString"}}', '/constructor'];
  for (const text of texts) {
    await say(page, text);
    await until(() => member.heard.includes(text), text);
    const lines = `${text}\n${text}`;
    member.send(lines);
    await message(page, lines);
  }
});

test('names written from right to left stand in the same place as others', async () => {
  const room = `חדר ${windows.room}`;
  const page = await windows.open({ room });
  const peer = await windows.peer('דוד המלך', room);
  await peer.say('שלום');
  const bubble = await message(page, 'שלום');
  // Compare the letters, because their box may be wider.
  const left = (selector) => page.locator(selector).evaluate((element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return Math.round(range.getBoundingClientRect().left);
  });
  assert.ok(Math.abs(await left('.message .name') - (await bubble.boundingBox()).x) < 4, 'a nickname over its message');
  assert.equal(await left('.rooms a[aria-current]'), await left('.rooms a:not([aria-current])'), 'a room in the list');
  assert.equal(await left('#room'), await left('#here'), 'the heading');
});

test('the name of a room cannot reverse the text beside it', async () => {
  const room = `${windows.room}\u202ecba`;
  const shown = `${windows.room}\ufffdcba`;
  const page = await windows.open({ room });
  const elsewhere = await windows.open();
  assert.equal(await page.locator('#room').textContent(), shown);
  assert.equal(await page.title(), `${shown} · 聊天室`);
  assert.equal(await page.locator('.rooms a[aria-current]').textContent(), shown);
  await elsewhere.locator('#room-name').fill(room);
  await elsewhere.locator('#room-name').press('Enter');
  await showsRules(elsewhere, [`已進入房間「${shown}」`]);
  await say(elsewhere, '同一間');
  await message(page, '同一間');
});

test('long names leave room for the rest, also on a phone', async () => {
  const nick = 'W'.repeat(60);
  const room = `${windows.room}-${'W'.repeat(80)}`;
  const page = await windows.open({ room, locale: 'en-US', viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
  const peers = [];
  for (let i = 0; i < 4; i++) peers.push(await windows.peer(nick, room));
  await peers[0].say('hello');
  const bubble = await message(page, 'hello');
  assert.equal(await bubble.locator('xpath=..').locator('.name').textContent(), 'W'.repeat(40));
  for (const peer of peers) await peer.type();
  await page.getByText('Several people are typing…').waitFor();
  const cut = await page.locator('#typing-text bdi').evaluate((who) => who.scrollWidth > who.clientWidth);
  assert.ok(!cut, '"Several people" is read in full');
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
});

test('people and data may have inherited names', async () => {
  const page = await windows.open({ locale: 'en-US' });
  const me = await myNick(page);
  for (const nick of INHERITED) await windows.peer(nick);
  await showsPeople(page, [me, ...INHERITED]);
  const peer = await windows.peer('Bot');
  const data = ['{"__proto__":{"polluted":true}}', '{"constructor":{"prototype":{"base64":"AA=="}}}', '{"toJSON":1}'];
  for (const text of data) await peer.say(JSON.parse(text));
  await shows(page, ['Connected!', ...data]);
  assert.equal(await page.evaluate(() => ({}).polluted), undefined);
});
