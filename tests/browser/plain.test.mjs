// The plain page over the text dialect, against a running server (LWS_CHAT_URL).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOSED, OPENED, REPLY, openWindows, message, say, unique, until } from './support.mjs';

const windows = openWindows();

async function open(room = windows.room) {
  const page = await (await windows.context()).newPage();
  await page.goto(windows.address(room, undefined, 'plain.html'));
  await until(async () => (await lines(page))[0] === OPENED, 'connected');
  return page;
}

const lines = (page) => page.locator('#message div').allTextContents();

async function shows(page, expected) {
  await until(async () => JSON.stringify(await lines(page)) === JSON.stringify(expected), expected.join(' | '));
}

async function send(page, text) {
  await page.getByPlaceholder('請輸入').fill(text);
  await page.getByRole('button', { name: '送出' }).click();
}

test('the plain page is the tutorial: connected, texts to everybody, close answered', async () => {
  const a = await open();
  const b = await open();
  await send(a, '哈囉 <b>B</b>');
  await shows(a, [OPENED, '哈囉 <b>B</b>']);
  await shows(b, [OPENED, '哈囉 <b>B</b>']);
  await b.getByRole('button', { name: '關閉' }).click();
  await shows(b, [OPENED, '哈囉 <b>B</b>', 'close', REPLY, CLOSED]);
  await send(a, '我還在');
  await shows(a, [OPENED, '哈囉 <b>B</b>', 'close', '我還在']);
  await shows(b, [OPENED, '哈囉 <b>B</b>', 'close', REPLY, CLOSED]);
});

test('the plain page and the chat page talk in the same room, and link to it', async () => {
  const room = `${windows.room} 房間&?`;
  const chat = await windows.open({ room });
  const plain = await open(room);
  const [one, two] = [unique('從純文字版'), unique('從聊天室')];
  await send(plain, one);
  const bubble = await message(chat, one);
  assert.equal(await bubble.locator('xpath=..').locator('.name').textContent(), '訪客');
  await say(chat, two);
  await shows(plain, [OPENED, one, two]);

  await chat.locator('#plain').click();
  assert.equal(new URL(chat.url()).searchParams.get('room'), room);
  assert.ok(chat.url().includes('plain.html'));
  await plain.locator('#full').click();
  await message(plain, two);
  assert.equal(await plain.locator('#room').textContent(), room);
});

test('the browser negotiates compression, and long texts reach both windows whole', async () => {
  const [a, b] = [await open(), await open()];
  const text = '很長的訊息, '.repeat(900);
  const extensions = await a.evaluate(async (room) => {
    const url = new URL(`/chat/${encodeURIComponent(room)}`, location.href);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url, 'lws-chat');
    await new Promise((resolve) => { socket.onopen = resolve; });
    socket.close();
    return socket.extensions;
  }, windows.room);
  assert.equal(extensions, 'permessage-deflate; server_no_context_takeover; client_no_context_takeover');
  await send(a, text);
  for (const page of [a, b]) await shows(page, [OPENED, text]);
});

test('a room that no address can name is not confused with another one', async () => {
  for (const room of ['.', '..']) {
    const page = await (await windows.context()).newPage();
    await page.goto(windows.address(room, undefined, 'plain.html'));
    await until(async () => (await lines(page)).length > 0, 'an answer');
    assert.deepEqual(await lines(page), ['沒有這個房間 (no such room)']);
    assert.ok(await page.locator('#send').isDisabled());
  }
});

test('long texts stay within the plain page and keep their line breaks', async () => {
  const page = await open();
  const member = await windows.member();
  const [short, poem, long] = ['一行', '床前明月光\n疑是地上霜\n舉頭望明月', 'w'.repeat(2000)];
  for (const text of [short, poem, long]) member.send(text);
  await shows(page, [OPENED, short, poem, long]);
  const boxes = await page.locator('#message div').evaluateAll((all) => all.map((line) => line.getBoundingClientRect().height));
  assert.ok(boxes[2] > boxes[1] * 2.5, 'three lines are taller than one');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
});

test('an address without a room means the lobby on the plain page', async () => {
  const member = await windows.member('lobby');
  const plain = await open(null);
  const text = unique('大廳');
  await send(plain, text);
  await until(() => member.heard.includes(text), 'the text in the lobby');
});
