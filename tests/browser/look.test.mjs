// The look of the page, and its use by keyboard, touch and screen readers, in a real browser against a running server.
//   LWS_CHAT_URL          the page, e.g. http://localhost:8000/web/
//   LWS_CHAT_SCREENSHOTS  a folder for pictures (optional)

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { before, test } from 'node:test';
import {
  focused, openWindows, message, myNick, say, scroll, showsPeople, state, unique, until,
} from './support.mjs';

const pictures = process.env.LWS_CHAT_SCREENSHOTS;
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

const windows = openWindows();
before(async () => {
  if (pictures) await mkdir(pictures, { recursive: true });
});

test('a phone shows every control without sideways scrolling', async () => {
  for (const locale of ['zh-TW', 'en-US']) {
    const page = await windows.open({
      locale, room: `${windows.room}-${'x'.repeat(80)}`, ...PHONE, viewport: { width: 360, height: 740 },
    });
    const text = unique('x'.repeat(600));
    await say(page, text);
    await message(page, text);
    const fits = async (ids) => {
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
      assert.ok(await page.locator('#messages').evaluate((log) => log.scrollWidth <= log.clientWidth));
      for (const id of ids) {
        const box = await page.locator(id).boundingBox();
        assert.ok(box && box.x >= 0 && box.x + box.width <= 360, `${id} fits across`);
        assert.ok(box.y >= 0 && box.y + box.height <= 740, `${id} fits down`);
        if (id !== '#state') assert.ok(box.height >= 40, `${id} is tall enough for a finger`);
      }
    };
    await fits(['#state', '#menu', '#invite', '#nick', '#input', '#send', '#close']);
    const size = await page.locator('#input').evaluate((input) => getComputedStyle(input).fontSize);
    assert.ok(parseFloat(size) >= 16, `${size} does not zoom`);
    await page.locator('#close').tap();
    await state(page, 'disconnected');
    await fits(['#state', '#input', '#send', '#close', '#reconnect']);
    await page.locator('#reconnect').tap();
    await state(page, 'connected');
  }
});

test('a phone shows rooms and people in a panel that opens and closes', async () => {
  const page = await windows.open(PHONE);
  await windows.peer('小安');
  assert.ok(await page.locator('#panel').isHidden());
  await page.locator('#menu').tap();
  await page.locator('#panel').waitFor();
  await showsPeople(page, ['小安', await myNick(page)]);
  const room = `${windows.room}-2`;
  await page.locator('#room-name').fill(room);
  await page.getByRole('button', { name: '前往' }).tap();
  await page.locator('#panel').waitFor({ state: 'hidden' });
  assert.equal(await page.locator('#room').textContent(), room);
  await page.locator('#menu').tap();
  await page.locator('#panel').waitFor();
  await page.touchscreen.tap(380, 400);
  await page.locator('#panel').waitFor({ state: 'hidden' });
  await page.setViewportSize({ width: 1000, height: 700 });
  await page.locator('#panel').waitFor();
  assert.ok(await page.locator('#menu').isHidden());
});

test('long texts wrap, and texts keep their line breaks', async () => {
  const page = await windows.open();
  const other = await windows.member();
  const short = unique('一行');
  const poem = unique('床前明月光\n  疑是地上霜\n\n舉頭望明月\n低頭思故鄉');
  const long = unique('沒有空白的長訊息'.repeat(60) + 'w'.repeat(800));
  for (const text of [short, poem, long]) other.send(text);
  await message(page, long);
  const height = async (text) => (await (await message(page, text)).boundingBox()).height;
  const one = await height(short);
  assert.ok(await height(poem) > one * 2.5, 'five lines are taller than one');
  assert.ok(await height(long) > one * 2.5, 'a long line is broken');
  assert.ok(await page.locator('#messages').evaluate((log) => log.scrollWidth <= log.clientWidth));
});

test('the page works with the keyboard alone', async () => {
  const page = await windows.open();
  assert.equal(await focused(page), 'input', 'the message box has the focus at first');
  const walk = async (key, times) => {
    const order = [];
    for (let i = 0; i < times; i++) {
      await page.keyboard.press(key);
      order.push(await focused(page));
    }
    return order;
  };
  assert.deepEqual(await walk('Tab', 2), ['send', 'close']);
  assert.deepEqual(await walk('Shift+Tab', 5), ['send', 'input', 'nick', 'messages', 'invite']);
  await page.keyboard.press('Tab');
  const ring = await page.locator('#messages').evaluate((log) => getComputedStyle(log).outlineStyle);
  assert.equal(ring, 'solid');
  assert.deepEqual(await walk('Tab', 2), ['nick', 'input']);

  const text = unique('只用鍵盤');
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
  await message(page, text);
  assert.equal(await focused(page), 'input');
  await walk('Tab', 2);
  await page.keyboard.press('Enter');
  await state(page, 'disconnected');
  assert.equal(await focused(page), 'reconnect', 'the focus is not lost');
  await page.keyboard.press('Enter');
  await state(page, 'connected');
  assert.equal(await focused(page), 'input');
});

test('a screen reader finds names and live regions', async () => {
  const page = await windows.open();
  const peer = await windows.peer('小安');
  await peer.say('一');
  await peer.say('二');
  await message(page, '二');
  const log = page.getByRole('log', { name: '訊息' });
  assert.equal(await log.getAttribute('aria-live'), 'polite');
  assert.equal(await log.getByRole('listitem').filter({ hasText: '小安' }).count(), 2, 'a name with every message');
  assert.equal(await page.getByRole('status').textContent(), '已連線');
  assert.equal(await page.getByRole('textbox', { name: '訊息內容' }).count(), 1);
  assert.equal(await page.getByRole('textbox', { name: '房間名稱' }).count(), 1);
  for (const name of ['送出', '關閉', '前往', '複製邀請連結']) {
    assert.equal(await page.getByRole('button', { name, exact: true }).count(), 1, name);
  }
  assert.equal(await page.getByRole('heading', { level: 1, name: windows.room }).count(), 1);
  assert.equal(await page.getByRole('complementary', { name: '房間與成員' }).count(), 1);
  assert.equal(await page.getByRole('link', { name: windows.room }).getAttribute('aria-current'), 'page');
  await page.locator('#nick').click();
  assert.equal(await page.getByRole('dialog', { name: '你的暱稱' }).getByRole('textbox').count(), 1);
});

test('a reader who prefers no motion gets none', async () => {
  const page = await windows.open({ reducedMotion: 'reduce' });
  const peer = await windows.peer('小安');
  await peer.type();
  await page.locator('#typing-text').waitFor();
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
});

// WCAG contrast of an element's text with the first opaque background.
const contrast = (page, selector) => page.locator(selector).first().evaluate((element) => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const parse = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (color) => {
    const [x, y, z] = parse(color).slice(0, 3).map((v) => {
      const s = v / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const clear = (e) => parse(getComputedStyle(e).backgroundColor)[3] === 0;
  let behind = element;
  while (behind && clear(behind)) behind = behind.parentElement;
  const values = [getComputedStyle(element).color, getComputedStyle(behind ?? document.body).backgroundColor]
    .map(light).sort((p, q) => q - p);
  return (values[0] + 0.05) / (values[1] + 0.05);
});

for (const colorScheme of ['light', 'dark']) {
  test(`the ${colorScheme} colours are ${colorScheme}, and every text is easy to read`, async () => {
    const first = await windows.peer('小安');
    await first.say('之前');
    const page = await windows.open({ colorScheme, reducedMotion: 'reduce' });
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const sum = background.match(/\d+/g).slice(0, 3).reduce((total, value) => total + Number(value), 0);
    assert.ok(colorScheme === 'dark' ? sum < 120 : sum > 640, background);
    const readable = async (selectors) => {
      for (const selector of selectors) {
        const value = await contrast(page, selector);
        assert.ok(value >= 4.5, `${selector}: ${value.toFixed(2)}`);
      }
    };
    await first.say('哈囉');
    await message(page, '哈囉');
    await say(page, '嗨');
    await message(page, '嗨');
    await first.type();
    await page.locator('#typing-text').waitFor();
    await showsPeople(page, ['小安', await myNick(page)]);
    await readable(['h1', '#here', '#state', '#invite', '.message:not(.own) .text', '.own .text', '.message time',
      '.system .text', '.rule .label', '#typing-text', '#nick-text', '.rename', '#input', '#send', '#close',
      '.brand', '.panel h2', '.count', '.rooms a', '.rooms a[aria-current]', '.people li .name', '.you',
      '.foot a', '.foot button']);
    // In every colour that a person can have.
    for (let hue = 0; hue < 12; hue++) {
      await page.locator('.message.leads').first().evaluate((line, n) => {
        line.querySelector('.avatar').className = `avatar hue-${n}`;
        line.querySelector('.name').className = `name hue-${n}`;
      }, hue);
      await readable(['.message .avatar', '.message .name']);
    }
    await page.locator('#lines').evaluate((list) => {
      for (const kind of ['new', 'recovered', 'warning']) {
        const rule = list.querySelector('.rule').cloneNode(true);
        rule.className = `rule ${kind}`;
        list.append(rule);
      }
    });
    await readable(['.rule.new .label', '.rule.recovered .label', '.rule.warning .label']);
    await page.locator('#close').click();
    await state(page, 'disconnected');
    await readable(['#state', '.closed .text', '#banner-text', '#reconnect']);
  });
}

// ---- Pictures ----

// Author, minutes from now (null: now, while this window is offline), text.
const TALK = [
  ['小安', -6, '早安！大家都到了嗎？'],
  ['Ben', -6, 'Morning! I just joined from the train, so I may drop out for a minute.'],
  ['小安', -5, '沒關係，斷線時漏掉的訊息會補回來 😊'],
  [null, -4, '到了，剛下捷運'],
  ['小安', null, '今天要討論的事情有三件：\n1. 新版的上線時間\n2. 測試環境的憑證\n3. 下週的讀書會'],
  ['Ben', null, 'Thursday works for me :-)'],
  [null, 1, '關於第一點，我讓伺服器跑了一整晚，記憶體的用量一直很平穩，我也覺得星期四可以。'],
  ['小安', 2, '好，那就這樣決定！'],
];
const at = (minutes) => Date.now() + minutes * 60000;
// Each picture has its own room.
const LOOKS = [
  ['wide', 'light', ['讀書會', 'Book club']],
  ['wide', 'dark', ['新版上線', 'Release']],
  ['phone', 'light', ['午餐', 'Lunch']],
  ['phone', 'dark', ['登山社', 'Hiking']],
];

for (const [size, colorScheme, rooms] of LOOKS) {
  for (const [index, locale] of ['zh-TW', 'en-US'].entries()) {
    test(`a picture: ${size}, ${colorScheme}, ${locale}`, { skip: !pictures }, async () => {
      const room = rooms[index];
      const page = await windows.open({
        locale, colorScheme, room, timezoneId: 'Asia/Taipei',
        ...(size === 'phone' ? { ...PHONE, deviceScaleFactor: 1.5 } : {}),
        prepare: async (window) => {
          await window.clock.setFixedTime(at(-7));
          await window.addInitScript(() => {
            localStorage.setItem('lws-chat.nick', '美玲');
            sessionStorage.setItem('lws-chat.tab', JSON.stringify({ user: 'id-美玲' })); // decides the colour
            localStorage.setItem('lws-chat.rooms', JSON.stringify(['讀書會', '新版上線', '午餐', '登山社']));
          });
        },
      });
      await windows.peer('阿德', room);
      const peers = { 小安: await windows.peer('小安', room), Ben: await windows.peer('Ben', room) };
      windows.expectProblem(/WebSocket connection to .* failed/);
      for (const [nick, minutes, text] of TALK) {
        const online = minutes !== null;
        await page.context().setOffline(!online);
        await state(page, online ? 'connected' : 'offline');
        if (online) await page.clock.setFixedTime(at(minutes));
        if (nick) await peers[nick].say(text);
        else await say(page, text);
        if (online) await message(page, text);
      }
      await peers.Ben.type();
      await page.locator('#typing-text').waitFor();
      await until(async () => (await scroll(page)).gap <= 1, 'the end');
      const picture = (name) => page.screenshot({
        path: path.join(pictures, `${size}-${colorScheme}-${locale}${name}.png`), animations: 'disabled',
      });
      await picture('');
      if (size === 'phone') {
        await page.locator('#menu').tap();
        await picture('-panel');
        await page.keyboard.press('Escape');
      }
      await page.locator('#close').click();
      await state(page, 'disconnected');
      await until(async () => (await scroll(page)).gap <= 1, 'the end');
      await picture('-disconnected');
    });
  }
}
