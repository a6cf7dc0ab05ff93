// History, unread messages and many messages in a real browser against a running server (LWS_CHAT_URL).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  OPENED, allTexts, openWindows, message, say, scroll, showsRules, shows, unique, until,
} from './support.mjs';

const windows = openWindows();

// ---- History ----

test('a new reader sees earlier messages with their times above a line', async () => {
  const peer = await windows.peer('小安');
  const began = Date.now();
  for (const text of ['早安', '今天三點']) await peer.say(text);
  const page = await windows.open();
  await shows(page, ['早安', '今天三點', OPENED]);
  await showsRules(page, ['以上為先前的訊息']);
  assert.equal(await page.locator('#messages .name').first().textContent(), '小安');
  const entered = Date.now();
  const times = () => page.locator('#messages li.message time').evaluateAll(
    (all) => all.map((time) => Date.parse(time.dateTime)));
  const said = await times();
  assert.equal(said.length, 2);
  assert.ok(began <= said[0] && said[0] <= said[1] && said[1] <= entered, `${began} ${said} ${entered}`);
  await peer.say('現在');
  await message(page, '現在');
  assert.equal((await times()).length, 3);
});

test('history and new messages are in order and without duplicates', async () => {
  const peer = await windows.peer('小安');
  let stop = false;
  let count = 0;
  const talking = (async () => {
    while (!stop) await peer.say(String(++count));
  })();
  await until(() => count > 20, 'some history');
  const page = await windows.open();
  const seen = count;
  await until(() => count > seen + 20, 'some news');
  stop = true;
  await talking;
  await message(page, String(count));
  const texts = (await allTexts(page)).filter((text) => text !== OPENED).map(Number);
  assert.deepEqual(texts, texts.map((_, i) => texts[0] + i));
});

// ---- Unread messages ----

test('messages in a hidden window are counted in the title and marked', async () => {
  const page = await windows.open({
    prepare: (window) => window.addInitScript(() => {
      let hidden = false;
      Object.defineProperty(Document.prototype, 'hidden', { get: () => hidden });
      window.setHidden = (value) => {
        hidden = value;
        document.dispatchEvent(new Event('visibilitychange'));
      };
    }),
  });
  const peer = await windows.peer('小安');
  await peer.say('看到了');
  await message(page, '看到了');
  assert.equal(await page.title(), `${windows.room} · 聊天室`);
  await page.evaluate(() => window.setHidden(true));
  for (const text of ['第一則', '第二則']) await peer.say(text);
  await until(async () => await page.title() === `(2) ${windows.room} · 聊天室`, 'the count');
  await page.evaluate(() => window.setHidden(false));
  await until(async () => await page.title() === `${windows.room} · 聊天室`, 'no count');
  await showsRules(page, ['以下為新訊息']);
  const next = page.locator('#messages li.rule.new + li .text');
  assert.equal(await next.textContent(), '第一則');

  await page.evaluate(() => window.setHidden(true));
  await peer.say('第三則');
  await until(async () => (await page.title()).startsWith('(1)'), 'counted from anew');
  await page.evaluate(() => window.setHidden(false));
  await until(async () => await next.textContent() === '第三則', 'the marker moves');
  await showsRules(page, ['以下為新訊息']);
});

test('a reader who scrolled up stays there and sees the number of new messages', async () => {
  const page = await windows.open();
  const peer = await windows.peer('小安');
  for (let i = 1; i < 60; i++) peer.say(`第 ${i} 則\n內容`);
  await peer.say('第 60 則');
  await message(page, '第 60 則');
  await until(async () => (await scroll(page)).gap <= 1, 'the newest line is in view');
  assert.ok(await page.locator('#jump').isHidden());

  await page.locator('#messages').hover();
  await page.mouse.wheel(0, -900);
  await page.locator('#jump').waitFor();
  const place = async () => Math.round((await (await message(page, '第 50 則\n內容')).boundingBox()).y);
  let before;
  await until(async () => before === (before = await place()), 'at rest');
  for (const text of ['看得到我嗎？', '喂？']) await peer.say(text);
  await message(page, '喂？');
  assert.equal(await place(), before, 'the reader stays');
  assert.equal(await page.locator('#jump').textContent(), '↓ 2 則新訊息');
  assert.match(await page.title(), /^\(2\) /);

  await page.locator('#jump').click();
  await until(async () => (await scroll(page)).gap <= 1, 'back at the newest line');
  assert.ok(await page.locator('#jump').isHidden());
  await until(async () => !(await page.title()).startsWith('('), 'all seen');
  await showsRules(page, ['以下為新訊息']);

  await page.mouse.wheel(0, -900);
  await page.locator('#jump').waitFor();
  await say(page, '我自己說的');
  await message(page, '我自己說的');
  await until(async () => (await scroll(page)).gap <= 1, 'sending goes to the newest line');
});

test('the page keeps the newest of 5000 messages and stays fast', async () => {
  const page = await windows.open();
  const members = await Promise.all(Array.from({ length: 25 }, () => windows.member()));
  members.forEach((member, m) => {
    for (let i = 0; i < 200; i++) member.send(`${m}.${i}${i % 7 ? '' : '\n更多\n內容'}`);
  });
  await until(() => members.every(({ heard }) => heard.length === 5000), 'all were sent', 60_000);
  members[0].send('最後一則');
  await until(async () => (await allTexts(page)).at(-1) === '最後一則', 'the last line', 60_000);
  const lines = await page.locator('#lines > li').count();
  assert.ok(lines >= 2000 && lines <= 2100, `${lines} lines`);
  await until(async () => (await scroll(page)).gap <= 1, 'the end is in view');
  assert.deepEqual((await allTexts(page)).slice(-11, -1), members[0].heard.slice(4990, 5000), 'in order');
  assert.ok(await page.locator('#jump').isHidden());
  const frames = await page.evaluate(async () => {
    const lasted = [];
    for (let last = performance.now(); lasted.length < 30;) {
      const now = await new Promise(requestAnimationFrame);
      lasted.push(now - last);
      last = now;
    }
    return lasted.sort((a, b) => a - b);
  });
  assert.ok(frames[15] < 100, `a frame takes ${frames[15]} ms`);
  const text = unique('還能用');
  await say(page, text);
  await message(page, text);
});
