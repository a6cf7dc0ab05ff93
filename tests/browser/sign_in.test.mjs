// The page signs in with tokens of a site, in a real browser against a running server and site (test_sign_in.py).

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, test } from 'node:test';
import { faults } from './axe.mjs';
import { Peer } from './peer.mjs';
import { Session, api, guests } from './site.mjs';
import {
  CLOSED, OPENED, allTexts, message, openWindows, pageUrl, rename, say, shows, showsPeople, state, unique, until,
} from './support.mjs';

const windows = openWindows();
const pictures = process.env.LWS_CHAT_SCREENSHOTS;
const peers = [];
after(() => peers.forEach((peer) => peer.leave()));

// A window of a reader who is signed in.
async function reader(said, options = {}) {
  const context = await windows.context(options);
  const session = await Session.of(context, said);
  const page = await windows.open({ context, ...options });
  return { page, session, context };
}

// Somebody without a token in the room, who says anything about itself.
async function stranger(nick, room = windows.room) {
  const url = new URL('/connection/websocket', guests);
  url.protocol = 'ws:';
  const peer = new Peer(url.href, nick, room);
  peers.push(peer);
  await peer.ready();
  return peer;
}

const banner = (page) => page.locator('#banner-text').textContent();
const hint = (page) => page.locator('#hint').textContent();
const ownName = (page) => page.locator('.own-name').textContent();
const marked = (page, place) => page.locator(`${place} .verified`).evaluateAll(
  (tags) => tags.map((tag) => tag.firstElementChild.textContent).sort());

// The page is disconnected and stays so: it asks neither the site nor the server again.
async function stays(page, session) {
  await state(page, 'disconnected');
  const { asked } = await session.get();
  let sockets = 0;
  page.on('websocket', () => { sockets += 1; });
  // Longer than the SDK's first pauses between attempts. A loop would show here.
  await page.waitForTimeout(1500);
  assert.equal(await page.locator('#state').getAttribute('data-state'), 'disconnected');
  assert.equal((await session.get()).asked, asked, 'asks for no token');
  assert.equal(sockets, 0, 'opens no connection');
}

for (const [locale, verified, prefix] of [['zh-TW', '已驗證', '你的名字：'], ['en-US', 'verified', 'Your name: ']]) {
  test(`a name that the site gave has a mark everywhere, ${locale}`, async () => {
    const ann = await reader({ user: '42', name: '美玲' }, { locale });
    const ben = await reader({ user: 'ben' }, { locale });
    await stranger('小安').then((peer) => peer.say('我沒有登入'));
    await say(ann.page, '我是美玲');
    await message(ben.page, '我是美玲');
    await message(ben.page, '我沒有登入');
    for (const { page } of [ann, ben]) {
      await showsPeople(page, ['ben', '小安', '美玲']);
      assert.deepEqual(await marked(page, '#people'), ['ben', '美玲']);
      assert.deepEqual(await marked(page, '#messages'), ['美玲']);
    }
    assert.equal(await ben.page.getByRole('log').getByRole('img', { name: verified, exact: true }).count(), 1);
    assert.equal(await ben.page.locator('#messages .mark').getAttribute('title'),
      locale === 'en-US' ? 'Verified: 42' : '已驗證：42');
    await ben.page.reload();
    await message(ben.page, '我是美玲');
    assert.deepEqual(await marked(ben.page, '#messages'), ['美玲'], 'in the history, too');
    // The own name is a text, not a button.
    assert.equal(await ann.page.locator('.nick').textContent(), prefix + '美玲');
    assert.deepEqual(await marked(ann.page, '.nick'), ['美玲']);
    assert.equal(await ann.page.locator('button.nick').count(), 0);
  });
}

test('nobody gets the mark by choosing a name', async () => {
  const { page } = await reader({ user: '42', name: '美玲' });
  for (const nick of ['美玲 ✓', '美玲✔️', '✅', '<span class="mark">']) {
    const peer = await stranger(nick);
    await peer.say(`我是 ${nick}`);
    await message(page, `我是 ${nick}`);
  }
  await showsPeople(page, ['<span class="mark">', '美玲', '美玲', '美玲', '訪客'].sort());
  assert.deepEqual(await marked(page, '#people'), ['美玲']);
  assert.equal(await page.locator('#messages .mark').count(), 0);
  const names = await page.locator('#messages .leads .name').evaluateAll((all) => all.map((name) => name.textContent));
  assert.deepEqual(names, ['美玲', '美玲', '訪客', '<span class="mark">']);
});

test('a token that expires is renewed, and nobody notices', async () => {
  const ben = await reader({ user: 'ben' });
  const ann = await reader({ user: '42', name: '美玲', lifetime: 2 });
  await showsPeople(ben.page, ['ben', '美玲']);
  const watch = (page, id) => page.evaluate((seen) => {
    globalThis.changes = [];
    const observer = new MutationObserver(() => globalThis.changes.push(document.getElementById(seen).textContent));
    observer.observe(document.getElementById(seen), { childList: true, subtree: true, characterData: true });
  }, id);
  await watch(ann.page, 'state');
  await watch(ben.page, 'people');
  const { asked } = await ann.session.get();
  await ann.session.set({ name: '美玲二號' });
  await until(async () => (await ann.session.get()).asked >= asked + 3, 'three more tokens');
  await until(async () => await ownName(ann.page) === '美玲二號', 'the new name');
  const text = unique('還在');
  await say(ann.page, text);
  await message(ben.page, text);
  assert.deepEqual(await ann.page.evaluate(() => globalThis.changes), [], 'the state');
  assert.deepEqual(await ben.page.evaluate(() => globalThis.changes), [], 'the people');
  assert.deepEqual(await allTexts(ann.page), [OPENED, text]);
  assert.ok(await ann.page.locator('#banner').isHidden());
});

test('a revoked token ends the connection, and signing in again opens it', async () => {
  const { page, session } = await reader({ user: '43', name: '阿德' });
  await page.locator('#input').fill('還沒說完');
  await api('revoke_token', { uid: (await session.get()).claims.jti });
  await stays(page, session);
  assert.equal(await page.getByRole('alert').filter({ visible: true }).textContent(),
    '你的登入已經失效或被撤銷。請在網站上重新登入，再重新連線。');
  await shows(page, [OPENED, CLOSED]);
  assert.match(await page.locator('.closed .detail').textContent(), /登入憑證無效或已被撤銷（代碼 3500：/);
  assert.equal(await page.locator('#input').inputValue(), '還沒說完');
  await page.locator('#reconnect').click();
  await state(page, 'connected');
  assert.equal(await page.locator('#input').inputValue(), '還沒說完');
});

test('the tokens of a user can be revoked at once', async () => {
  const windowsOfHers = [];
  for (const locale of ['zh-TW', 'en-US']) windowsOfHers.push(await reader({ user: '44', name: '美玲' }, { locale }));
  await api('invalidate_user_tokens', { user: '44', issued_before: Math.floor(Date.now() / 1000) + 60 });
  const [chinese, english] = windowsOfHers;
  await stays(chinese.page, chinese.session);
  await stays(english.page, english.session);
  assert.match(await banner(chinese.page), /^你的登入已經失效或被撤銷/);
  assert.match(await banner(english.page), /^Your sign-in is no longer valid, or it was revoked\./);
});

for (const status of [401, 403]) {
  test(`a reader who is not signed in is told so, ${status}`, async () => {
    windows.expectProblem(new RegExp(`status of ${status}`));
    const { page, session } = await reader({ user: '42', name: '美玲', status }, { connected: false });
    await stays(page, session);
    assert.equal(await banner(page), '你還沒有登入這個網站。請先登入，再重新連線。');
    await shows(page, ['尚未登入']);
    assert.ok(await page.locator('#send').isDisabled());
    assert.equal(await page.locator('.nick').innerText(), '', 'there is no name');
    await session.set({ status: 200 });
    await page.locator('#reconnect').click();
    await state(page, 'connected');
    assert.equal(await ownName(page), '美玲');
  });
}

test('a reader without any session is told so, in English', async () => {
  windows.expectProblem(/status of 401/);
  const page = await windows.open({ locale: 'en-US', connected: false });
  await state(page, 'disconnected');
  assert.equal(await banner(page), 'You are not signed in on this site. Sign in, then reconnect.');
  await shows(page, ['Not signed in']);
});

test('a reader who signs out is out when the token expires', async () => {
  windows.expectProblem(/status of 401/);
  const { page, session } = await reader({ user: '42', name: '美玲', lifetime: 2 });
  await session.set({ status: 401 });
  await stays(page, session);
  assert.equal(await page.locator('.nick').innerText(), '');
  assert.match(await banner(page), /^你還沒有登入這個網站/);
});

test('while the site gives no tokens the page asks again, and says so', async () => {
  windows.expectProblem(/status of 503/);
  const { page, session } = await reader({ user: '42', name: '美玲', status: 503 }, { connected: false });
  await until(async () => (await session.get()).asked >= 3, 'three requests');
  assert.equal(await page.locator('#state').getAttribute('data-state'), 'connecting');
  assert.equal(await hint(page), '網站目前無法確認你的登入（狀態碼 503），會自動再試。');
  await session.set({ status: 200 });
  await state(page, 'connected');
  assert.ok(await page.locator('#hint').isHidden());
});

test('a site whose tokens have expired does not keep the page busy', async () => {
  const { page, session } = await reader({ user: '42', name: '美玲', lifetime: -60 }, { connected: false });
  await stays(page, session);
  assert.equal((await session.get()).asked, 3);
  assert.match(await banner(page), /^網站給的登入憑證已經過期/);
  await session.set({ lifetime: 3600 });
  await page.locator('#reconnect').click();
  await state(page, 'connected');
});

test('a token without a user is refused where everybody must sign in', async () => {
  const { page, session } = await reader({ user: '' }, { connected: false });
  await stays(page, session);
  assert.match(await banner(page), /^這裡只接受已登入的人。請在網站上登入/);
  assert.match(await page.locator('.closed .detail').textContent(), /伺服器不接受未登入的人（代碼 3507：/);
});

test('a reader whom a back end disconnects is told so', async () => {
  const { page, session } = await reader({ user: '45', name: '美玲' });
  await api('disconnect', { user: '45' });
  await stays(page, session);
  assert.equal(await banner(page), '伺服器結束了你的連線。');
  assert.match(await page.locator('.closed .detail').textContent(), /伺服器結束了這個連線（代碼 3503：/);
});

test('in a room where one may only read, the message stays in the box and the reason is shown', async () => {
  const { page } = await reader({ user: '42', name: '美玲' }, { room: `news:${windows.room}` });
  await say(page, '我可以說話嗎');
  await until(async () => await hint(page) === '你不能在這個房間發言，訊息沒有送出。', 'the reason');
  assert.equal(await page.locator('#input').inputValue(), '我可以說話嗎');
  assert.deepEqual(await allTexts(page), [OPENED]);
  assert.equal(await page.locator('#state').getAttribute('data-state'), 'connected');
});

test('a room that one may not enter is refused, and other rooms are open', async () => {
  const { page } = await reader({ user: '42', name: '美玲' }, { room: `staff:${windows.room}`, connected: false });
  await state(page, 'disconnected');
  assert.match(await page.locator('.closed .detail').textContent(), /你不能進入這個房間（代碼 103：/);
  await page.locator('#room-name').fill(windows.room);
  await page.locator('#room-name').press('Enter');
  await state(page, 'connected');
});

// ---- Without signing in, and other settings ----

async function open(folder, { origin = guests.origin, ...options } = {}) {
  const page = await (await windows.context(options)).newPage();
  const url = new URL(`/${folder}/`, origin);
  url.searchParams.set('room', windows.room);
  await page.goto(url.href);
  return page;
}

test('a page without settings shows chosen names, and no marks', async () => {
  const { page: member } = await reader({ user: '42', name: '美玲' });
  const page = await open('plain');
  await state(page, 'connected');
  await rename(page, '小安 ✓');
  await say(page, '哈囉');
  await message(member, '哈囉');
  await say(member, '嗨');
  await message(page, '嗨');
  assert.equal(await page.locator('#nick-text').textContent(), '小安 ✓');
  assert.equal(await page.locator('.mark').count(), 0);
  assert.equal(await page.locator('#hint').isHidden(), true);
});

test('a page without settings is told why a server that asks for tokens refuses it', async () => {
  for (const [locale, words] of [['zh-TW', /^這裡只接受已登入的人，但是這個頁面沒有設定登入/],
    ['en-US', /^Only people who are signed in may enter, but this page has no sign-in/]]) {
    const page = await open('plain', { origin: pageUrl.origin, locale });
    await state(page, 'disconnected');
    assert.match(await banner(page), words);
  }
});

test('a page without its file works without signing in, and says so', async () => {
  windows.expectProblem(/status of 404/);
  const page = await open('missing');
  await state(page, 'connected');
  assert.equal(await hint(page), '找不到頁面的設定檔 config.json，所以沒有使用登入。');
});

for (const [folder, words] of Object.entries({
  broken: 'config.json is not valid JSON.',
  array: 'config.json must be a JSON object, such as {}.',
  unknown: 'config.json has the unknown setting “token_url”, expected “token-url”.',
  number: 'The setting “token-url” in the page’s file config.json must be an address.',
  'other-site': `The address “https://www.example.org/account/token” in the page’s file config.json must be on ${guests.origin}.`,
})) {
  test(`a page with wrong settings says what is wrong, and does not connect: ${folder}`, async () => {
    let sockets = 0;
    const context = await windows.context({ locale: 'en-US' });
    context.on('page', (page) => page.on('websocket', () => { sockets += 1; }));
    const page = await context.newPage();
    await page.goto(new URL(`/${folder}/`, guests.origin).href);
    await state(page, 'disconnected');
    const said = await banner(page);
    assert.ok(said.includes(words), said);
    assert.ok(said.endsWith('Please tell the site’s administrator.'), said);
    assert.equal(await page.locator('#room').textContent(), 'lobby', 'the page is not blank');
    await Promise.all([page.waitForNavigation(), page.locator('#reconnect').click()]);
    await state(page, 'disconnected');
    assert.equal(sockets, 0);
  });
}

test('a page whose file does not load says so, and loads it with the button', async () => {
  windows.expectProblem(/ERR_FAILED/);
  const context = await windows.context({ locale: 'en-US' });
  await Session.of(context, { user: '42', name: 'Ann' });
  await context.route('**/config.json', (route) => route.abort());
  const page = await windows.open({ context, connected: false });
  await state(page, 'disconnected');
  assert.match(await banner(page), /^The page’s file config\.json could not be loaded\./);
  await context.unroute('**/config.json');
  await page.locator('#reconnect').click();
  await state(page, 'connected');
});

// ---- The look ----

for (const [size, colorScheme] of [['wide', 'light'], ['wide', 'dark'], ['phone', 'light'], ['phone', 'dark']]) {
  test(`axe finds nothing wrong, ${size}, ${colorScheme}`, async () => {
    windows.expectProblem(/status of 401/);
    const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
    const { page, session } = await reader({ user: '42', name: '美玲', lifetime: 3600 },
      { colorScheme, reducedMotion: 'reduce', ...(size === 'phone' ? phone : {}) });
    const { page: ben } = await reader({ user: 'ben', name: `Benjamin ${'von und zu '.repeat(3)}` });
    const other = await stranger('Ben ✓');
    await say(ben, '早安！這是網站確認過的名字。');
    await message(page, '早安！這是網站確認過的名字。');
    await other.say('這個名字是自己取的。');
    await message(page, '這個名字是自己取的。');
    await say(page, '大家好');
    await message(page, '大家好');
    assert.deepEqual(await faults(page), []);
    const picture = async (name) => {
      if (!pictures) return;
      await page.screenshot({ path: path.join(pictures, `sign-in-${size}-${colorScheme}${name}.png`), animations: 'disabled' });
    };
    await picture('');
    if (size === 'phone') {
      await page.locator('#menu').tap();
      assert.deepEqual(await faults(page), [], 'with its panel open');
      await picture('-panel');
      await page.keyboard.press('Escape');
    }
    assert.ok(await page.locator('body').evaluate((body) => body.scrollWidth <= innerWidth), 'fits across');
    await session.set({ status: 401 });
    await api('disconnect', { user: '42' });
    await state(page, 'disconnected');
    await page.locator('#reconnect').click();
    await until(async () => (await banner(page)).startsWith('你還沒有登入'), 'not signed in');
    assert.deepEqual(await faults(page), [], 'not signed in');
    await picture('-refused');
  });
}
