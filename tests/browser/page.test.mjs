// The page in a real browser against a running server (LWS_CHAT_URL): texts, layout, controls, languages and limits of
// browsers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { echo, fakeServer } from './fake_server.mjs';
import {
  CLOSED, OPENED, REPLY, allTexts, focused, openWindows, message, say, shows, showsLast, state, unique,
} from './support.mjs';

const windows = openWindows();

test('the page is served under its strict content security policy', async () => {
  const context = await windows.context();
  const page = await context.newPage();
  const response = await page.goto(windows.address(windows.room));
  const policy = response.headers()['content-security-policy'] ?? '';
  for (const directive of ["default-src 'none'", "script-src 'self'", "style-src 'self'"]) {
    assert.ok(policy.includes(directive), `${directive} in "${policy}"`);
  }
  assert.ok(!policy.includes('unsafe'), policy);
  await state(page, 'connected');
  await say(page, '哈囉');
  await message(page, '哈囉');
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
  await shows(b, [OPENED, '哈囉', '你好,這裡是 B', 'close', REPLY, CLOSED]);
  await shows(a, [OPENED, '哈囉', '你好,這裡是 B', 'close']);
  await state(b, 'disconnected');

  await say(a, '我還在');
  await message(a, '我還在');
  assert.equal(await a.locator('#state').textContent(), '已連線');
  assert.ok(!(await allTexts(a)).includes(CLOSED));
  assert.ok(!(await allTexts(b)).includes('我還在'));
});

test('the page and text clients get the same text', async () => {
  const page = await windows.open();
  const member = await windows.member();
  const [one, two] = ['{"a": 1}', '  「全形　空白」\t👩‍👩‍👧 "引號" \\'];
  member.send(one);
  await message(page, one);
  await say(page, two);
  await message(page, two);
  assert.deepEqual(member.heard, [one, two]);
});

test('messages of other programs are shown in readable form', async () => {
  const page = await windows.open({ locale: 'en-US' });
  const peer = await windows.peer('Bot');
  for (const data of [{ poll: 'Thursday', yes: 3 }, [1, null], 42, { base64: 'AAECAw==' }, { base64: 'AA==', more: 1 }]) {
    await peer.say(data);
  }
  await shows(page, ['Connected!', '{"poll":"Thursday","yes":3}', '[1,null]', '42', '[binary, 4 bytes]',
    '{"base64":"AA==","more":1}']);
});

test('markup is shown as text and runs nothing', async () => {
  const page = await windows.open();
  const peer = await windows.peer('<b>Ann</b>');
  const texts = [
    '<img src=x onerror="window.ran = 1">',
    '<script>window.ran = 2</script>',
    '<a href="javascript:window.ran=3">&lt;b&gt;</a>',
  ];
  for (const text of texts) await peer.say(text);
  await shows(page, [OPENED, ...texts]);
  assert.equal(await page.locator('#messages .name').first().textContent(), '<b>Ann</b>');
  assert.equal(await page.locator('#messages :is(img, script, a, b)').count(), 0);
  assert.equal(await page.locator('#people b').count(), 0);
  assert.equal(await page.evaluate(() => window.ran), undefined);
});

test('an empty message is not sent', async () => {
  const sent = [];
  const server = fakeServer({
    published: (text, ...room) => { sent.push(text); echo(text, ...room); },
  });
  const page = await windows.open({ server });
  await page.locator('#send').click();
  await page.locator('#input').press('Enter');
  assert.equal(await focused(page), 'input');
  await say(page, 'x');
  await message(page, 'x');
  assert.deepEqual(sent, ['x']);
});

test('a text that is too long is not sent and stays in the box', async () => {
  const page = await windows.open();
  const most = 'x'.repeat(65000);
  for (const text of ['字'.repeat(30000), 'x'.repeat(70000), '"'.repeat(40000)]) {
    await say(page, text);
    await page.getByRole('alert').getByText('訊息太長').waitFor();
    assert.equal(await page.locator('#input').inputValue(), text);
  }
  await say(page, most);
  await message(page, most);
  assert.ok(await page.locator('#hint').isHidden());
  await state(page, 'connected');
});

test('half a surrogate pair is replaced and not refused', async () => {
  const page = await windows.open();
  await page.locator('#input').evaluate((input) => { input.value = 'a\ud800b'; });
  await page.locator('#send').click();
  await message(page, 'a\ufffdb');
  await state(page, 'connected');
});

test('Enter does not send while an input method is composing', async () => {
  const sent = [];
  const page = await windows.open({
    server: fakeServer({
      published: (text, ...room) => { sent.push(text); echo(text, ...room); },
    }),
  });
  const devtools = await page.context().newCDPSession(page);
  await page.locator('#input').focus();
  await devtools.send('Input.imeSetComposition', { text: 'ㄋㄧˇ', selectionStart: 3, selectionEnd: 3 });
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

// ---- Languages ----

test('a browser that prefers English gets only English texts', async () => {
  const page = await windows.open({ locale: 'en-US' });
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
  assert.equal(await page.title(), `${windows.room} · Chat room`);
  assert.equal(await page.locator('#input').getAttribute('placeholder'), 'Type a message');
  assert.equal(await page.locator('#send').textContent(), 'Send');
  assert.equal(await page.locator('#close').textContent(), 'Close');
  assert.equal(await page.locator('#state').textContent(), 'Connected');
  await page.getByText('1 person here').waitFor();
  await shows(page, ['Connected!']);
  const han = () => page.evaluate(() => {
    const all = [...document.querySelectorAll('body *:not(#language, noscript, noscript *)')];
    const words = all.flatMap((e) => [e.ariaLabel, e.placeholder, e.title,
      ...[...e.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data)]);
    return words.filter((word) => /\p{Script=Han}/u.test(word ?? ''));
  });
  assert.deepEqual(await han(), []);
  await page.locator('#close').click();
  await state(page, 'disconnected');
  await showsLast(page, 'Disconnected by the server');
  assert.equal(await page.locator('#reconnect').textContent(), 'Reconnect');
  assert.deepEqual(await han(), [REPLY], "the server's own words");
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

test('the first Chinese or English entry in the list of languages counts', async () => {
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

test('a reader can choose the other language, and the choice is kept', async () => {
  const page = await windows.open();
  await page.getByRole('button', { name: 'English' }).click();
  await page.locator('html[lang="en"]').waitFor();
  await state(page, 'connected');
  await page.reload();
  await page.getByRole('button', { name: '中文' }).click();
  await page.locator('html[lang="zh-Hant"]').waitFor();
});

test('both languages have the same texts', async () => {
  const page = await windows.open();
  const keys = (lang) => page.evaluate(async (chosen) => {
    localStorage.setItem('lws-chat.language', chosen);
    const { texts } = await import(new URL(`i18n.js?${chosen}`, location.href));
    const paths = (value, path) => (value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.entries(value).flatMap(([key, inner]) => paths(inner, `${path}.${key}`))
      : [`${path}: ${typeof value}`]);
    return paths(texts, '').sort();
  }, lang);
  assert.deepEqual(await keys('en'), await keys('zh-Hant'));
});

test('without scripts the page is readable, in Chinese', async () => {
  const page = await windows.open({ javaScriptEnabled: false, connected: false });
  assert.equal(await page.locator('#send').textContent(), '送出');
  assert.ok(await page.locator('.noscript').isVisible());
});

test('the page works in a browser that forbids storage', async () => {
  const page = await windows.open({
    prepare: (window) => window.addInitScript(() => {
      for (const name of ['localStorage', 'sessionStorage']) {
        Object.defineProperty(window, name, { get: () => { throw new DOMException('denied', 'SecurityError'); } });
      }
    }),
  });
  const text = unique('沒有儲存空間');
  await say(page, text);
  await message(page, text);
});
