// The page at two servers that share their rooms, while Redis goes away and comes back. test_nodes.py starts them.
//   LWS_CHAT_OTHER    the second server
//   LWS_CHAT_CONTROL  does something to Redis: POST /kill, /start, /forget, and for the second server only: /cut, /mend

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  OPENED, allTexts, message, myNick, openWindows, rules, say, sayAndSee, showsPeople, showsRules, shows, state, until,
} from './support.mjs';

// The page's room for "is typing" has no history. So when a server has lost Redis for a moment, its windows are told that they
// may have missed something there, enter it again, and say what the room itself has missed.
const NOTHING_MISSED = '已重新連線，沒有漏掉訊息';

const windows = openWindows();
const other = new URL(process.env.LWS_CHAT_OTHER).origin;
const folder = process.env.LWS_CHAT_SCREENSHOTS;

// Returns when the servers have noticed.
async function redis(what) {
  const answer = await fetch(new URL(`/${what}`, process.env.LWS_CHAT_CONTROL), { method: 'POST' });
  assert.equal(answer.status, 200, await answer.text());
}

// A window at each server, in one room.
async function pair() {
  const pages = [await windows.open(), await windows.open({ origin: other })];
  const nicks = await Promise.all(pages.map(myNick));
  for (const page of pages) await showsPeople(page, nicks);
  return pages;
}

async function picture(page, name) {
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}

async function stays(page) {
  assert.equal(await page.locator('#state').getAttribute('data-state'), 'connected');
  assert.ok(await page.locator('#banner').isHidden());
}

test('windows at two servers talk, and see each other come and go', async () => {
  const [a, b] = await pair();
  await sayAndSee(a, '這裡');
  await message(b, '這裡');
  await sayAndSee(b, '那裡');
  await shows(a, [OPENED, '這裡', '那裡']);
  await shows(b, [OPENED, '這裡', '那裡']);
  const nick = await myNick(a);
  await b.close();
  await showsPeople(a, [nick]);
});

test('while Redis is away a window stays connected and keeps what was typed, and afterwards nothing is missing', async () => {
  const [a, b] = await pair();
  await sayAndSee(a, '之前');
  await message(b, '之前');
  await redis('kill');
  await say(a, '草稿');
  await until(() => a.locator('#hint').isVisible(), 'the hint that it was not sent');
  assert.match(await a.locator('#hint').textContent(), /可能沒有送出/);
  assert.equal(await a.locator('#input').inputValue(), '草稿');
  await picture(a, 'redis-away');
  for (const page of [a, b]) await stays(page);
  await redis('start');
  for (const page of [a, b]) {
    await showsRules(page, [NOTHING_MISSED]);
    await stays(page);
  }
  assert.equal(await a.locator('#input').inputValue(), '草稿');
  await a.locator('#input').press('Enter');
  await message(b, '草稿');
  await sayAndSee(b, '之後');
  for (const page of [a, b]) await shows(page, [OPENED, '之前', '草稿', '之後']);
  await picture(b, 'redis-back');
});

test('a window of a server that was cut off from Redis shows what it missed, each once and in order', async () => {
  const [a, b] = await pair();
  await sayAndSee(a, '之前');
  await message(b, '之前');
  await redis('cut');
  const texts = ['一', '二', '三'];
  for (const text of texts) await sayAndSee(a, text);
  await stays(b);
  assert.deepEqual(await allTexts(b), [OPENED, '之前'], 'nothing comes to a server without Redis');
  await redis('mend');
  await shows(b, [OPENED, '之前', ...texts]);
  await showsRules(b, ['已重新連線，補回 3 則訊息']);
  await picture(b, 'redis-recovered');
  await sayAndSee(b, '回來了');
  for (const page of [a, b]) await shows(page, [OPENED, '之前', ...texts, '回來了']);
  assert.deepEqual(await rules(a), [], 'the other server did not notice');
});

test('if Redis has lost messages, windows at all servers say so, and go on', async () => {
  const [a, b] = await pair();
  await sayAndSee(a, '之前');
  await message(b, '之前');
  await redis('kill');
  await redis('forget');
  await redis('start');
  for (const page of [a, b]) {
    await showsRules(page, ['斷線期間的訊息可能有遺漏，無法補回']);
    await state(page, 'connected');
  }
  await sayAndSee(b, '之後');
  for (const page of [a, b]) await shows(page, [OPENED, '之前', '之後']);
  await picture(a, 'redis-lost');
});
