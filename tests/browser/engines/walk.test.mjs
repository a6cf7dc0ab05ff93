// A walk through both pages in another browser than Chromium, against a running server.
//   LWS_CHAT_URL          the chat page, e.g. http://localhost:8000/web/
//   LWS_CHAT_BROWSER      firefox or webkit
//   LWS_CHAT_DRIVER_PORT  the port for the browser's driver
//   LWS_CHAT_SCREENSHOTS  a folder for pictures (optional)

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const name = process.env.LWS_CHAT_BROWSER;
const { launch } = await import(`./${name}.mjs`);
const pictures = process.env.LWS_CHAT_SCREENSHOTS;
const WAIT_MS = 30_000;

let browser;
before(async () => {
  browser = await launch({ size: { width: 1280, height: 800 }, port: process.env.LWS_CHAT_DRIVER_PORT });
});
after(async () => {
  await browser?.end();
  assert.deepEqual(browser?.problems, [], 'no page had an error');
});

function address(room, file = '') {
  const url = new URL(file, process.env.LWS_CHAT_URL);
  url.searchParams.set('room', room);
  return url.href;
}

async function shows(window, selector, expected) {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const found = await window.evaluate(
      `return [...document.querySelectorAll(${JSON.stringify(selector)})].map((element) => element.textContent)`);
    if (JSON.stringify(found) === JSON.stringify(expected)) return;
    if (Date.now() > end) assert.deepEqual(found, expected);
    await sleep(50);
  }
}

const picture = async (window, page) => {
  if (pictures) await window.picture(path.join(pictures, `${name}-${page}.png`));
};

const newRoom = () => `room-${randomBytes(5).toString('hex')}`;
const OPENED = '連線成功!';
const END = ['close', '你要求我關閉喔!', '被後端斷開'];

test(`${name}: two windows with the chat page talk, and one closes and returns`, async () => {
  const room = newRoom();
  const a = await browser.open(address(room));
  const b = await browser.open(address(room));
  const lines = '#messages .text';
  for (const window of [a, b]) await shows(window, lines, [OPENED]);
  assert.deepEqual(await a.evaluate(`return [input.placeholder, send.textContent, document.getElementById('close').textContent]`),
    ['請輸入', '送出', '關閉']);
  await a.type('#input', '哈囉 hello');
  await shows(b, '#typing:not([hidden]) #typing-text', [`${await a.evaluate('return document.getElementById("nick-text").textContent')} 正在輸入…`]);
  await a.click('#send');
  for (const window of [a, b]) await shows(window, lines, [OPENED, '哈囉 hello']);
  await b.type('#input', '<b>hi</b>');
  await b.press('Enter');
  for (const window of [a, b]) await shows(window, lines, [OPENED, '哈囉 hello', '<b>hi</b>']);
  await shows(a, '#here', ['2 人在這裡']);
  await picture(b, 'chat');
  await b.click('#close');
  await shows(b, lines, [OPENED, '哈囉 hello', '<b>hi</b>', ...END]);
  await shows(a, '#here', ['1 人在這裡']);
  await picture(b, 'chat-closed');
  await b.click('#reconnect');
  await shows(a, '#here', ['2 人在這裡']);
  await a.close();
  await b.close();
});

test(`${name}: a reload keeps name and room, and the next room has its own messages`, async () => {
  const room = newRoom();
  const a = await browser.open(address(room));
  const nick = 'return document.getElementById("nick-text").textContent';
  await shows(a, '#here', ['1 人在這裡']); // then the page has chosen its name
  const before = await a.evaluate(nick);
  await a.type('#input', 'one');
  await a.press('Enter');
  await shows(a, '.own .text', ['one']);
  await a.go(address(room));
  await shows(a, '.own .text', ['one']);
  assert.equal(await a.evaluate(nick), before);
  await a.type('#room-name', `${room}-2`);
  await a.press('Enter');
  await shows(a, '#room', [`${room}-2`]);
  await shows(a, '#messages .text', []);
  await a.type('#input', 'two');
  await a.press('Enter');
  await shows(a, '#messages .text', ['two']);
  await a.close();
});

test(`${name}: two windows with the plain page talk, and one closes`, async () => {
  const room = newRoom();
  const a = await browser.open(address(room, 'plain.html'));
  const b = await browser.open(address(room, 'plain.html'));
  const lines = '#message div';
  for (const window of [a, b]) await shows(window, lines, [OPENED]);
  await a.type('#txt', '哈囉 hello');
  await a.click('#send');
  for (const window of [a, b]) await shows(window, lines, [OPENED, '哈囉 hello']);
  await b.type('#txt', '<b>hi</b>');
  await b.press('Enter');
  for (const window of [a, b]) await shows(window, lines, [OPENED, '哈囉 hello', '<b>hi</b>']);
  await picture(a, 'plain');
  await b.click('#close');
  await shows(b, lines, [OPENED, '哈囉 hello', '<b>hi</b>', ...END]);
  await shows(a, lines, [OPENED, '哈囉 hello', '<b>hi</b>', 'close']);
  await a.close();
  await b.close();
});
