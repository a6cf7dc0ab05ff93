// Rooms, names, people and typing in a real browser against a running server (LWS_CHAT_URL).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  OPENED, openWindows, message, myNick, rename, say, showsPeople, showsRules, shows, state, unique, until,
} from './support.mjs';

const windows = openWindows();

const typing = (page) => page.locator('#typing-text');
const heading = (page) => page.locator('#room').textContent();

// ---- Rooms ----

test('the address names the room, and rooms do not see each other', async () => {
  const room = `${windows.room} 讀書會 %231&?`;
  const a = await windows.open({ room });
  const b = await windows.open({ room });
  const elsewhere = await windows.open();
  const text = unique('只在這裡');
  await say(a, text);
  await message(b, text);
  assert.equal(await heading(b), room);
  assert.equal(await b.title(), `${room} · 聊天室`);
  const other = unique('那裡');
  await say(elsewhere, other);
  await message(elsewhere, other);
  await shows(elsewhere, [OPENED, other]);
});

test('an address without a room means the lobby', async () => {
  const member = await windows.member('lobby');
  const page = await windows.open({ room: null });
  assert.equal(await heading(page), 'lobby');
  const text = unique('大廳');
  await say(page, text);
  await until(() => member.heard.includes(text), 'the text in the lobby');
});

test('the invitation link opens the room for somebody else', async () => {
  const room = `${windows.room} 茶水間`;
  const context = await windows.context();
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await windows.open({ room, context });
  await page.locator('#invite').click();
  await page.getByRole('alert').getByText('邀請連結已複製').waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const guest = await (await windows.context()).newPage();
  await guest.goto(link);
  await state(guest, 'connected');
  const text = unique('我進來了');
  await say(guest, text);
  await message(page, text);
});

test('without a clipboard the link is shown', async () => {
  const page = await windows.open({
    prepare: (window) => window.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'clipboard', { get: () => undefined });
    }),
  });
  await page.locator('#invite').click();
  await page.getByRole('alert').getByText(windows.address(windows.room)).waitFor();
});

test('the switcher goes to another room and back, and remembers both', async () => {
  const first = windows.room;
  const second = `${windows.room}-2`;
  const page = await windows.open();
  await say(page, '在第一間');
  await message(page, '在第一間');
  await page.locator('#input').fill('第一間的草稿');
  await page.evaluate(() => {
    window.states = [];
    const state = document.getElementById('state');
    new MutationObserver(() => window.states.push(state.dataset.state)).observe(state, { attributes: true });
  });
  await page.locator('#room-name').fill(second);
  await page.locator('#room-name').press('Enter');
  await showsRules(page, [`已進入房間「${second}」`]);
  await shows(page, []);
  assert.equal(new URL(page.url()).searchParams.get('room'), second);
  assert.equal(await heading(page), second);
  assert.equal(await page.locator('#input').inputValue(), '');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'input');
  await say(page, '在第二間');
  await shows(page, ['在第二間']);
  const states = await page.evaluate(() => window.states);
  assert.ok(!states.includes('reconnecting'), 'going elsewhere is no lost connection');

  await page.getByRole('link', { name: first, exact: true }).click();
  await shows(page, ['在第一間']);
  assert.equal(await page.locator('#input').inputValue(), '第一間的草稿', 'a draft belongs to its room');
  await page.goBack();
  await shows(page, ['在第二間']);
  assert.equal(await page.locator('#rooms [aria-current]').textContent(), second);
  await page.reload();
  await state(page, 'connected');
  assert.deepEqual(await page.locator('#rooms a').allTextContents(), ['lobby', second, first]);
});

test('an invalid room name is refused before entering', async () => {
  const page = await windows.open();
  for (const [name, hint] of [['a/b', /「\/」/], ['字'.repeat(86), /太長/], ['   ', /請輸入/], ['.', /「\.\.」/], ['..', /「\.\.」/]]) {
    await page.locator('#room-name').fill(name);
    await page.locator('#room-name').press('Enter');
    assert.match(await page.locator('#room-problem').textContent(), hint);
    assert.equal(await heading(page), windows.room);
  }
  await page.locator('#room-name').fill('x');
  assert.equal(await page.locator('#room-problem').textContent(), '');

  for (const room of ['a/b', '..', '', ' \u00a0']) {
    const strayed = await windows.open({ room });
    assert.equal(await heading(strayed), 'lobby');
    assert.match(await strayed.locator('#hint').textContent(), /連結裡的房間名稱不能用/);
    assert.equal(new URL(strayed.url()).search, '');
  }
});

test('a room with the longest name works, without the typing indicator', async () => {
  const room = windows.room.padEnd(255, 'x');
  const page = await windows.open({ room });
  await page.locator('#input').pressSequentially('abc');
  await page.locator('#input').press('Enter');
  await message(page, 'abc');
});

// ---- Names and people ----

test('everybody has a name at once, and all members are listed', async () => {
  const a = await windows.open();
  const b = await windows.open();
  const names = [await myNick(a), await myNick(b)];
  assert.ok(names.every((name) => name.length > 2), names.join());
  await showsPeople(a, names);
  await showsPeople(b, names);
  assert.equal(await a.locator('#here').textContent(), '2 人在這裡');
  assert.equal(await a.locator('#people li:has(.you) .name').textContent(), names[0]);
  await b.close();
  await showsPeople(a, names.slice(0, 1));
});

test('the list shows joins and leaves, and programs without a name as guests', async () => {
  const page = await windows.open({ locale: 'en-US' });
  const me = await myNick(page);
  const ann = await windows.peer('Ann');
  await windows.peer(null);
  await showsPeople(page, [me, 'Ann', 'Guest']);
  await ann.goes();
  await showsPeople(page, [me, 'Guest']);
});

test('others see a changed nickname at once, and the next visit keeps it', async () => {
  const page = await windows.open();
  const peer = await windows.peer('小安');
  const old = await myNick(page);
  await say(page, '用舊名字');
  await message(page, '用舊名字');
  await rename(page, '  阿  明\u202e ');
  assert.equal(await myNick(page), '阿 明');
  await until(() => peer.saw('leave', old) && peer.saw('join', '阿 明'), 'the new name');
  await showsPeople(page, ['阿 明', '小安']);
  await say(page, '用新名字');
  await until(() => peer.saw('message', '阿 明', '用新名字'), 'a message under the new name');
  await message(page, '用新名字');
  await shows(page, [OPENED, '用舊名字', '用新名字']);
  await showsRules(page, ['你現在叫「阿 明」']);
  assert.equal(await page.locator('#messages .own').count(), 2);

  const later = await windows.open({ context: page.context() });
  assert.equal(await myNick(later), '阿 明');
});

test('the name dialog can be cancelled', async () => {
  const page = await windows.open();
  const nick = await myNick(page);
  for (const leave of [
    () => page.locator('#nick-cancel').click(),
    () => page.keyboard.press('Escape'),
    () => page.locator('#nick-input').fill('  ').then(() => page.keyboard.press('Enter')),
  ]) {
    await page.locator('#nick').click();
    assert.equal(await page.locator('#nick-input').inputValue(), nick);
    await leave();
    await page.locator('#nick-dialog').waitFor({ state: 'hidden' });
    assert.equal(await myNick(page), nick);
  }
});

test('a reload stays the same client, and a second tab is a new one', async () => {
  const peer = await windows.peer('小安');
  const page = await windows.open();
  const nick = await myNick(page);
  await say(page, '重新整理之前');
  await message(page, '重新整理之前');
  await page.reload();
  await state(page, 'connected');
  await shows(page, ['重新整理之前', OPENED]);
  assert.equal(await page.locator('#messages .own').count(), 1, 'it is still my message');
  await say(page, '重新整理之後');
  await until(() => peer.saw('message', nick, '重新整理之後'), 'the message');
  assert.ok(!peer.saw('leave', nick), 'nobody was told of a leave');

  const second = await windows.open({ context: page.context() });
  await say(second, '第二個分頁');
  const bubble = await message(page, '第二個分頁');
  assert.ok(!(await bubble.locator('xpath=..').getAttribute('class')).includes('own'));
  await showsPeople(page, [nick, await myNick(second), '小安']);
});

test('messages in a row are grouped under one name, and own ones look different', async () => {
  const page = await windows.open();
  const [ann, ben] = [await windows.peer('小安'), await windows.peer('Ben')];
  for (const text of ['一', '二']) await ann.say(text);
  await ben.say('三');
  await message(page, '三');
  await say(page, '四');
  await message(page, '四');
  const seen = await page.locator('#messages li.message').evaluateAll((all) => all.map((line) => [
    line.querySelector('.name').textContent, line.classList.contains('leads'), line.classList.contains('own'),
  ]));
  assert.deepEqual(seen, [['小安', true, false], ['小安', false, false], ['Ben', true, false], [await myNick(page), true, true]]);
  const left = async (text) => (await (await message(page, text)).boundingBox()).x;
  assert.ok(await left('四') > await left('三'));
  assert.match(await page.locator('#messages li.message time').first().textContent(), /^\d\d:\d\d$/);
});

// ---- Typing ----

test('the typing indicator shows until the message comes', async () => {
  const a = await windows.open();
  const b = await windows.open();
  await showsPeople(b, [await myNick(a), await myNick(b)]);
  await b.locator('#input').pressSequentially('我在打字');
  await typing(a).waitFor();
  assert.equal(await typing(a).textContent(), `${await myNick(b)} 正在輸入…`);
  assert.ok(await typing(b).isHidden(), 'not of oneself');
  await b.keyboard.press('Enter');
  await message(a, '我在打字');
  assert.ok(await typing(a).isHidden());
});

test('the number of people is shown if they are too many for a list', async () => {
  const info = { about: 'x'.repeat(4000) };
  await Promise.all(Array.from({ length: 280 }, () => windows.silent(info)));
  const page = await windows.open({ locale: 'en-US' });
  await page.getByText('281 people here').first().waitFor();
  await windows.peer('Ann');
  await page.getByText('282 people here').first().waitFor();
});

test('the typing indicator ends after a pause and names several people', async () => {
  const page = await windows.open({ locale: 'en-US' });
  const [ann, ben] = [await windows.peer('Ann'), await windows.peer('Ben')];
  await ann.type();
  await page.getByText('Ann is typing…').waitFor();
  await ben.type();
  await page.getByText('Ann and Ben are typing…').waitFor();
  await ben.goes();
  await page.getByText('Ann is typing…').waitFor();
  await typing(page).waitFor({ state: 'hidden' });
});

test('typing is sent at most every two seconds and is in no history', async () => {
  const page = await windows.open();
  const peer = await windows.peer('小安');
  await showsPeople(page, [await myNick(page), '小安']);
  await page.locator('#input').pressSequentially('一二三四五六七八九十');
  await until(() => peer.typed > 0, 'typing');
  await page.locator('#input').press('Enter');
  await message(page, '一二三四五六七八九十');
  assert.equal(peer.typed, 1);
  const late = await windows.open();
  await shows(late, ['一二三四五六七八九十', OPENED]);
  assert.ok(await typing(late).isHidden());
});
