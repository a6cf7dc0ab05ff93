// The page in a real browser, against a running server.
//   LWS_CHAT_URL          the page, e.g. http://localhost:8000/web/
//   LWS_CHAT_SCREENSHOTS  a folder for pictures (optional)

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Windows, allTexts, launch, message, pageUrl, shows, state, unique, until,
} from './support.mjs';

const OPENED = '連線成功!';
const CLOSED = '被後端斷開';
const pictures = process.env.LWS_CHAT_SCREENSHOTS;

let browser;
let windows;

before(async () => {
  browser = await launch();
  windows = new Windows(browser);
  if (pictures) await mkdir(pictures, { recursive: true });
});
afterEach(() => windows.finish());
after(() => browser?.close());

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: path.join(pictures, `${name}.png`), animations: 'disabled' });
}

const focused = (page) => page.evaluate(() => document.activeElement.id);

// The size of the log, seen from the reader.
const scroll = (page) => page.locator('#messages').evaluate((log) => ({
  top: Math.round(log.scrollTop),
  gap: Math.round(log.scrollHeight - log.clientHeight - log.scrollTop),
  room: log.scrollHeight - log.clientHeight,
}));

test('the page is served under its strict content security policy', async () => {
  const context = await windows.context();
  const page = await context.newPage();
  const response = await page.goto(pageUrl.href);
  const policy = response.headers()['content-security-policy'] ?? '';
  for (const directive of ["default-src 'none'", "script-src 'self'", "style-src 'self'"]) {
    assert.ok(policy.includes(directive), `${directive} in "${policy}"`);
  }
  assert.ok(!policy.includes('unsafe'), policy);
  await state(page, 'connected');
  const injected = await page.evaluate(() => {
    const names = [...document.querySelectorAll('script')].filter((s) => !s.src).length;
    return names + document.querySelectorAll('style, [style], [onclick]').length;
  });
  assert.equal(injected, 0, 'nothing is inline');
});

test('the tutorial works word by word in two windows', async () => {
  const a = await windows.open();
  const b = await windows.open();
  await shows(a, [OPENED]);
  await shows(b, [OPENED]);
  assert.equal(await a.locator('#input').getAttribute('placeholder'), '請輸入');
  assert.equal(await a.locator('#send').textContent(), '送出');
  assert.equal(await a.locator('#close').textContent(), '關閉');

  await a.locator('#input').fill('哈囉');
  await a.locator('#send').click();
  await shows(a, [OPENED, '哈囉']);
  await shows(b, [OPENED, '哈囉']);
  assert.equal(await a.locator('#input').inputValue(), '');
  assert.equal(await focused(a), 'input');

  await b.keyboard.type('你好,這裡是 B');
  await b.keyboard.press('Enter');
  await shows(a, [OPENED, '哈囉', '你好,這裡是 B']);
  await shows(b, [OPENED, '哈囉', '你好,這裡是 B']);

  await b.locator('#close').click();
  await shows(b, [OPENED, '哈囉', '你好,這裡是 B', 'close', '你要求我關閉喔!', CLOSED]);
  await shows(a, [OPENED, '哈囉', '你好,這裡是 B', 'close']);
  await state(b, 'disconnected');
  assert.equal(await b.locator('#messages .detail').count(), 0, '1000 needs no explanation');

  await a.locator('#input').fill('我還在');
  await a.locator('#send').click();
  await message(a, '我還在');
  assert.equal(await a.locator('#state').textContent(), '已連線');
  assert.ok(!(await allTexts(a)).includes(CLOSED));
  assert.ok(!(await allTexts(b)).includes('我還在'));
  await picture(a, 'tutorial-a');
  await picture(b, 'tutorial-b');
});

test('reconnecting opens a new connection in the same window', async () => {
  const page = await windows.open();
  assert.ok(await page.locator('#reconnect').isHidden());
  await page.locator('#close').click();
  await state(page, 'disconnected');
  assert.ok(await page.locator('#send').isDisabled());
  assert.ok(await page.locator('#close').isDisabled());
  await page.locator('#reconnect').click();
  await state(page, 'connected');
  assert.ok(await page.locator('#reconnect').isHidden());
  await shows(page, [OPENED, 'close', '你要求我關閉喔!', CLOSED, OPENED]);
  const text = unique('又回來了');
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
  await message(page, text);
});

test('what is typed while disconnected is kept and can be sent later', async () => {
  const page = await windows.open();
  await page.locator('#close').click();
  await state(page, 'disconnected');
  const text = unique('草稿');
  await page.locator('#input').fill(text);
  await page.locator('#input').press('Enter');
  assert.equal(await page.locator('#input').inputValue(), text);
  await page.locator('#reconnect').click();
  await state(page, 'connected');
  await page.locator('#send').click();
  await message(page, text);
});

test('markup is shown as text and runs nothing', async () => {
  const page = await windows.open();
  const texts = [
    '<img src=x onerror="window.ran = 1">',
    '<script>window.ran = 2</script>',
    '<a href="javascript:window.ran=3">&lt;b&gt;</a>',
  ].map(unique);
  for (const text of texts) {
    await page.locator('#input').fill(text);
    await page.locator('#send').click();
    await message(page, text);
  }
  assert.equal(await page.locator('#messages :is(img, script, a)').count(), 0);
  await sleep(100);
  assert.equal(await page.evaluate(() => window.ran), undefined);
});

test('the value is sent as it is, and an empty one is not sent', async () => {
  const sent = [];
  const page = await windows.open({
    server: (socket) => socket.onMessage((data) => { sent.push(data); socket.send(data); }),
  });
  const exact = '  {"a": 1}  「全形　空白」\t👩‍👩‍👧 ';
  await page.locator('#send').click();
  await page.locator('#input').press('Enter');
  assert.ok(await page.locator('#send').isEnabled());
  assert.equal(await focused(page), 'input');
  await page.locator('#input').fill(exact);
  await page.locator('#send').click();
  await message(page, exact);
  assert.deepEqual(sent, [exact]);
});

test('no subprotocol is asked for', async () => {
  const page = await windows.open({
    prepare: (window) => window.addInitScript(() => {
      const Real = WebSocket;
      window.asked = [];
      window.WebSocket = class extends Real {
        constructor(...args) {
          super(...args);
          window.asked.push([String(args[0]), args.length]);
        }
      };
    }),
  });
  const scheme = pageUrl.protocol === 'https:' ? 'wss' : 'ws';
  assert.deepEqual(await page.evaluate(() => window.asked),
    [[`${scheme}://${pageUrl.host}/chat/`, 1]]);
});

test('Enter does not send while an input method is composing', async () => {
  const sent = [];
  const page = await windows.open({
    server: (socket) => socket.onMessage((data) => { sent.push(data); socket.send(data); }),
  });
  const devtools = await page.context().newCDPSession(page);
  await page.locator('#input').focus();
  await devtools.send('Input.imeSetComposition', {
    text: 'ㄋㄧˇ', selectionStart: 3, selectionEnd: 3,
  });
  assert.equal(await page.locator('#input').inputValue(), 'ㄋㄧˇ');
  await page.keyboard.press('Enter');
  await page.locator('#input').evaluate((input) => input.form.requestSubmit());
  assert.equal(await page.locator('#input').inputValue(), 'ㄋㄧˇ');
  assert.deepEqual(sent, []);
  await devtools.send('Input.insertText', { text: '你好' });
  assert.equal(await page.locator('#input').inputValue(), '你好');
  assert.deepEqual(sent, []);
  await page.keyboard.press('Enter');
  await message(page, '你好');
  assert.deepEqual(sent, ['你好']);
});

test('a browser that prefers English gets English', async () => {
  const page = await windows.open({ locale: 'en-US' });
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
  assert.equal(await page.title(), 'Chat room');
  assert.equal(await page.locator('#input').getAttribute('placeholder'), 'Type a message');
  assert.equal(await page.locator('#send').textContent(), 'Send');
  assert.equal(await page.locator('#close').textContent(), 'Close');
  assert.equal(await page.locator('#state').textContent(), 'Connected');
  await shows(page, ['Connected!']);
  await page.locator('#close').click();
  await state(page, 'disconnected');
  assert.equal((await allTexts(page)).at(-1), 'Disconnected by the server');
  assert.equal(await page.locator('#reconnect').textContent(), 'Reconnect');
  const chinese = await page.evaluate(() =>
    [...document.querySelectorAll('[data-i18n]')].filter((e) => /\p{Script=Han}/u.test(e.textContent)).length);
  assert.equal(chinese, 0);
});

for (const locale of ['zh-TW', 'de-DE']) {
  test(`a browser set to ${locale} gets Traditional Chinese`, async () => {
    const page = await windows.open({ locale });
    assert.equal(await page.locator('html').getAttribute('lang'), 'zh-Hant');
    assert.equal(await page.locator('#input').getAttribute('placeholder'), '請輸入');
    assert.equal(await page.locator('#state').textContent(), '已連線');
    await shows(page, [OPENED]);
  });
}

test('the first of Chinese and English in the list of languages decides', async () => {
  for (const [languages, lang] of [
    [['de-DE', 'en-GB', 'zh-TW'], 'en'],
    [['fr', 'zh-Hans-CN', 'en'], 'zh-Hant'],
    [['zhx', 'eng', 'en'], 'en'],
    [[], 'zh-Hant'],
  ]) {
    const page = await windows.open({
      prepare: (window) => window.addInitScript((list) => {
        Object.defineProperty(Navigator.prototype, 'languages', { get: () => list });
      }, languages),
    });
    assert.equal(await page.locator('html').getAttribute('lang'), lang, languages.join());
  }
});

test('without script the page still reads, in Chinese', async () => {
  const page = await windows.open({ javaScriptEnabled: false, connected: false });
  assert.equal(await page.locator('#send').textContent(), '送出');
  assert.ok(await page.locator('.noscript').isVisible());
});

test('a phone shows every control without sideways scrolling', async () => {
  for (const locale of ['zh-TW', 'en-US']) {
    const page = await windows.open({
      locale, viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true,
    });
    const text = unique('x'.repeat(600));
    const other = await windows.member();
    other.send(text);
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
    await fits(['#state', '#input', '#send', '#close']);
    const size = await page.locator('#input').evaluate((input) => getComputedStyle(input).fontSize);
    assert.ok(parseFloat(size) >= 16, `${size} does not zoom`);
    await page.locator('#close').tap();
    await state(page, 'disconnected');
    await fits(['#state', '#input', '#send', '#close', '#reconnect']);
    await page.locator('#reconnect').tap();
    await state(page, 'connected');
  }
});

test('long and multi-line texts wrap and keep their lines', async () => {
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

test('the newest line is followed, but a reader who scrolled up is left alone', async () => {
  const page = await windows.open();
  const other = await windows.member();
  const last = unique('第六十則');
  for (let i = 1; i < 60; i++) other.send(`第 ${i} 則\n內容`);
  other.send(last);
  await message(page, last);
  await until(async () => (await scroll(page)).gap <= 1, 'the newest line is in view');
  assert.ok(await page.locator('#jump').isHidden());

  await page.locator('#messages').hover();
  await page.mouse.wheel(0, -900);
  await until(async () => (await scroll(page)).gap > 500, 'scrolled up');
  await sleep(200);
  const before = await scroll(page);
  const news = unique('看得到我嗎?');
  other.send(news);
  await message(page, news);
  await page.locator('#jump').waitFor();
  await sleep(100);
  assert.equal((await scroll(page)).top, before.top, 'the reader stays');
  assert.equal((await page.locator('#jump').textContent()), '↓ 有新訊息');
  await picture(page, 'scrolled-up');

  await page.locator('#jump').click();
  await until(async () => (await scroll(page)).gap <= 1, 'back at the newest line');
  assert.ok(await page.locator('#jump').isHidden());
  const later = unique('跟上了');
  other.send(later);
  await message(page, later);
  await until(async () => (await scroll(page)).gap <= 1, 'followed again');

  await page.mouse.wheel(0, -900);
  await until(async () => (await scroll(page)).gap > 500, 'scrolled up again');
  const own = unique('我自己說的');
  await page.locator('#input').fill(own);
  await page.locator('#send').click();
  await message(page, own);
  await until(async () => (await scroll(page)).gap <= 1, 'sending goes to the newest line');
});

test('at most 2000 lines are kept, and a flood is followed to its end', async () => {
  const page = await windows.open({
    server: (socket) => {
      for (let i = 1; i <= 5000; i++) socket.send(`${i}${i % 7 ? '' : '\n更多\n內容'}`);
    },
  });
  await until(async () => (await allTexts(page)).at(-1) === '5000', 'the last line', 60_000);
  const texts = await allTexts(page);
  assert.equal(texts.length, 2000);
  assert.equal(texts[0].split('\n')[0], '3001');
  await until(async () => (await scroll(page)).gap <= 1, 'the end is in view');
  assert.ok(await page.locator('#jump').isHidden());
});

test('binary frames are shown by their size', async () => {
  const server = (socket) => { socket.send(Buffer.alloc(12)); socket.send(Buffer.alloc(1)); };
  await shows(await windows.open({ server }), [OPENED, '[二進位資料，12 位元組]', '[二進位資料，1 位元組]']);
  await shows(await windows.open({ server, locale: 'en-US' }),
    ['Connected!', '[binary, 12 bytes]', '[binary, 1 byte]']);
});

test('a close code other than 1000 is explained beside the line, not in it', async () => {
  for (const [locale, code, reason, line, detail] of [
    ['zh-TW', 1009, '', CLOSED, '訊息太大（代碼 1009）'],
    ['zh-TW', 3008, 'too slow', CLOSED, '接收速度太慢（代碼 3008：too slow）'],
    ['zh-TW', 4321, '', CLOSED, '連線已關閉（代碼 4321）'],
    ['en-US', 1001, '', 'Disconnected by the server', 'The server is going away or restarting (code 1001)'],
    ['zh-TW', 1000, '', CLOSED, null],
  ]) {
    const page = await windows.open({
      locale, connected: false, server: (socket) => { socket.close({ code, reason }); },
    });
    await state(page, 'disconnected');
    assert.equal((await allTexts(page)).at(-1), line);
    const details = await page.locator('#messages .detail').allTextContents();
    assert.deepEqual(details, detail ? [detail] : []);
  }
});

test('a server that does not close when asked is left after three seconds', async () => {
  const sent = [];
  let left = null;
  const page = await windows.open({
    server: (socket) => {
      socket.onMessage((data) => sent.push(data));
      socket.onClose((code) => { left = code; socket.close({ code: 1000 }); });
    },
  });
  const start = Date.now();
  await page.locator('#close').click();
  await page.locator('#close').click();
  await state(page, 'disconnected');
  const waited = Date.now() - start;
  assert.ok(waited > 2500 && waited < 6000, `${waited} ms`);
  assert.deepEqual(sent, ['close'], 'asked once');
  assert.equal(left, 1000);
  await shows(page, [OPENED, CLOSED]);
});

test('the keyboard is enough', async () => {
  const page = await windows.open();
  assert.equal(await focused(page), 'input', 'the message box has the focus at first');
  const order = [];
  for (let i = 0; i < 2; i++) {
    await page.keyboard.press('Tab');
    order.push(await focused(page));
  }
  assert.deepEqual(order, ['send', 'close']);
  for (let i = 0; i < 2; i++) await page.keyboard.press('Shift+Tab');
  assert.equal(await focused(page), 'input');
  await page.keyboard.press('Shift+Tab');
  assert.equal(await focused(page), 'messages', 'the log can be scrolled with the keys');
  const ring = await page.locator('#messages').evaluate((log) => getComputedStyle(log).outlineStyle);
  assert.equal(ring, 'solid');
  await page.keyboard.press('Tab');

  const text = unique('只用鍵盤');
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
  await message(page, text);
  assert.equal(await focused(page), 'input');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await state(page, 'disconnected');
  assert.equal(await focused(page), 'reconnect', 'the focus is not lost');
  await page.keyboard.press('Enter');
  await state(page, 'connected');
  assert.equal(await focused(page), 'input');
});

test('a screen reader finds names and live regions', async () => {
  const page = await windows.open();
  const log = page.getByRole('log', { name: '訊息' });
  assert.equal(await log.getAttribute('aria-live'), 'polite');
  assert.equal(await log.getByRole('listitem').count(), 1);
  assert.equal(await page.getByRole('status').textContent(), '已連線');
  assert.equal(await page.getByRole('textbox', { name: '訊息內容' }).count(), 1);
  assert.equal(await page.getByRole('button', { name: '送出' }).count(), 1);
  assert.equal(await page.getByRole('button', { name: '關閉' }).count(), 1);
  assert.equal(await page.getByRole('heading', { level: 1, name: '聊天室' }).count(), 1);
});

// WCAG contrast of an element's text against the first opaque thing behind it.
const contrast = (page, selector) => page.locator(selector).first().evaluate((element) => {
  const parse = (text) => text.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => {
      const s = v / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  let behind = element;
  while (behind && parse(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
  const values = [getComputedStyle(element).color, getComputedStyle(behind ?? document.body).backgroundColor]
    .map((color) => light(parse(color))).sort((p, q) => q - p);
  return (values[0] + 0.05) / (values[1] + 0.05);
});

for (const colorScheme of ['light', 'dark']) {
  test(`the ${colorScheme} colours are ${colorScheme}, and every text is easy to read`, async () => {
    const page = await windows.open({
      colorScheme,
      reducedMotion: 'reduce',
      server: (socket) => {
        socket.send('哈囉');
        socket.onMessage(() => socket.close({ code: 1009, reason: '' }));
      },
    });
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const sum = background.match(/\d+/g).slice(0, 3).reduce((total, value) => total + Number(value), 0);
    assert.ok(colorScheme === 'dark' ? sum < 120 : sum > 640, background);
    const readable = async (selectors) => {
      for (const selector of selectors) {
        const value = await contrast(page, selector);
        assert.ok(value >= 4.5, `${selector}: ${value.toFixed(2)}`);
      }
    };
    await message(page, '哈囉');
    await readable(['h1', '#state', '.message .text', '.message time', '.system .text', '#input', '#send', '#close']);
    await page.locator('#input').fill('x');
    await page.locator('#send').click();
    await state(page, 'disconnected');
    await readable(['#state', '.closed .text', '.detail', '.offline span', '#reconnect']);
  });
}

test('the pages look right (pictures only)', { skip: !pictures }, async () => {
  const talk = [
    ['09:41', '早安！大家都到了嗎？'],
    ['09:41', 'Morning! I just joined from the train, so I may drop out for a minute.'],
    ['09:42', '到了，剛下捷運'],
    ['09:43', '今天要討論的事情有三件：\n1. 新版的上線時間\n2. 測試環境的憑證\n3. 下週的讀書會'],
    ['09:44', '關於第一點，我昨天把伺服器換成新的外掛之後跑了一整晚，記憶體的用量一直很平穩，連線數到一萬條左右也沒有變慢，所以我覺得這個星期四就可以上線；如果大家沒有別的意見，我下午會把步驟寫成文件放到共用資料夾裡。'],
    ['09:45', 'Thursday works for me :-)'],
    ['09:45', 'https://example.org/a/very/long/address/without/any/space/' + 'abcdefghij'.repeat(12)],
    ['09:46', '<b>這不是粗體</b>'],
    ['09:46', Buffer.alloc(12)],
    ['09:47', '好，那就這樣決定！'],
  ];
  for (const [size, viewport] of [['wide', { width: 1280, height: 800 }], ['phone', { width: 360, height: 740 }]]) {
    for (const colorScheme of ['light', 'dark']) {
      for (const locale of ['zh-TW', 'en-US']) {
        let room;
        const page = await windows.open({
          locale, viewport, colorScheme, timezoneId: 'Asia/Taipei',
          deviceScaleFactor: size === 'phone' ? 2 : 1,
          server: (socket) => { room = socket; },
          prepare: (window) => window.clock.setFixedTime('2025-03-03T09:40:00+08:00'),
        });
        for (const [index, [time, text]] of talk.entries()) {
          await page.clock.setFixedTime(`2025-03-03T${time}:00+08:00`);
          room.send(text);
          await until(async () => (await allTexts(page)).length === index + 2, 'the line');
        }
        await until(async () => (await scroll(page)).gap <= 1, 'the end');
        const name = `${size}-${colorScheme}-${locale}`;
        await picture(page, name);
        if (locale === 'zh-TW' || size === 'phone') {
          await room.close({ code: 1009, reason: '' });
          await state(page, 'disconnected');
          await until(async () => (await scroll(page)).gap <= 1, 'the end');
          await picture(page, `${name}-disconnected`);
        }
      }
    }
  }
});
