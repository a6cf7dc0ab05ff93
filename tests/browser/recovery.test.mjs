// Cuts and returns in a real browser against a running server (LWS_CHAT_URL).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { echo, fakeServer } from './fake_server.mjs';
import {
  CLOSED, OPENED, REPLY, allTexts, openWindows, message, myNick, rules, say, sayAndSee, showsLast, showsPeople,
  showsRules, shows, state, unique, until,
} from './support.mjs';

const windows = openWindows();

// A window behind a wire that can be cut.
async function openCuttable(options = {}) {
  windows.expectProblem(/WebSocket connection to .* failed/);
  const relay = await windows.relay();
  const page = await windows.open({ ...options, origin: relay.origin });
  const context = page.context();
  // The window connects before it has the room's history. A cut before the history would leave it nothing to recover.
  await page.locator('#messages .text').first().waitFor();
  return {
    page,
    async cut() {
      relay.cut();
      await context.setOffline(true);
      await state(page, 'offline');
    },
    async mend() {
      relay.mend();
      await context.setOffline(false);
      await state(page, 'connected');
    },
  };
}

test('after a cut a window says how many messages it recovered, and shows each once and in order', async () => {
  const a = await windows.open();
  const { page: b, cut, mend } = await openCuttable();
  await sayAndSee(a, '之前');
  await message(b, '之前');
  await cut();
  assert.equal(await b.locator('#state').textContent(), '離線');
  assert.match(await b.locator('#banner').textContent(), /離線.*補回來/);
  const texts = ['一', '二', '三'];
  for (const text of texts) await sayAndSee(a, text);
  assert.deepEqual(await allTexts(b), [OPENED, '之前'], 'nothing passes a cut wire');
  await mend();
  await shows(b, [OPENED, '之前', ...texts]);
  await showsRules(b, ['已重新連線，補回 3 則訊息']);
  assert.ok(await b.locator('#banner').isHidden());

  await sayAndSee(a, '之後');
  await sayAndSee(b, '回來了');
  await message(a, '回來了');
  await message(b, '回來了');
  assert.deepEqual((await allTexts(b)).slice(2), [...texts, '之後', '回來了'], 'each once');
  assert.deepEqual(await rules(b), ['已重新連線，補回 3 則訊息']);
  const order = await b.locator('#lines > li').evaluateAll((all) => all.map((line) => line.className));
  const rule = order.findIndex((name) => name.includes('recovered'));
  assert.equal(order.length - rule - 1, 5, 'the notice is above what was recovered');
});

test('a return without missed messages is shown, in both languages', async () => {
  const { page, cut, mend } = await openCuttable({ locale: 'en-US' });
  const peer = await windows.peer('Ann');
  await cut();
  assert.equal(await page.locator('#state').textContent(), 'Offline');
  await mend();
  await showsRules(page, ['Reconnected, nothing was missed']);
  await cut();
  await peer.say('one');
  await mend();
  await showsRules(page, ['Reconnected, nothing was missed', 'Reconnected, 1 message recovered']);
});

test('others do not see a short interruption, and the client stays the same', async () => {
  const { page, cut, mend } = await openCuttable();
  const peer = await windows.peer('小安');
  const nick = await myNick(page);
  const [before, after] = [unique('之前'), unique('之後')];
  await say(page, before);
  await message(page, before);
  await cut();
  await mend();
  await say(page, after);
  await message(page, after);
  await until(() => peer.saw('message', nick, after), 'the message after');
  assert.ok(!peer.saw('leave', nick) && !peer.saw('join', nick), JSON.stringify(peer.events));
  await showsPeople(page, [nick, '小安']);
  assert.equal(await page.locator('#messages .own').count(), 2, 'both are own messages');
});

test('if the room did not keep all missed messages, the page shows how many are lost', async () => {
  const { page, cut, mend } = await openCuttable();
  const peer = await windows.peer('小安');
  await peer.say('0');
  await message(page, '0');
  await cut();
  for (let i = 1; i <= 150; i++) await peer.say(String(i));
  await mend();
  await message(page, '150');
  await showsRules(page, ['斷線期間有 50 則訊息無法補回', '補回 100 則訊息']);
  const texts = (await allTexts(page)).slice(2);
  assert.deepEqual(texts, Array.from({ length: 100 }, (_, i) => String(51 + i)));
});

test('a text that is typed during a cut waits in the box', async () => {
  const { page, cut, mend } = await openCuttable();
  await cut();
  const text = unique('草稿');
  await say(page, text);
  assert.equal(await page.locator('#input').inputValue(), text);
  assert.ok(await page.locator('#send').isDisabled());
  await mend();
  await page.locator('#send').click();
  await message(page, text);
});

test('close is answered, the page stays disconnected, and reconnects on request', async () => {
  const page = await windows.open();
  const other = await windows.peer('小安');
  assert.ok(await page.locator('#reconnect').isHidden());
  await page.locator('#close').click();
  await state(page, 'disconnected');
  await shows(page, [OPENED, 'close', REPLY, CLOSED]);
  assert.equal(await page.locator('#messages .detail').count(), 0, 'it needs no explanation');
  assert.ok(await page.locator('#send').isDisabled());
  assert.ok(await page.locator('#close').isDisabled());
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await other.say('你還在嗎？');
  await state(page, 'disconnected');
  await shows(page, [OPENED, 'close', REPLY, CLOSED]);

  await page.locator('#reconnect').click();
  await state(page, 'connected');
  assert.ok(await page.locator('#reconnect').isHidden());
  await shows(page, [OPENED, 'close', REPLY, CLOSED, OPENED, '你還在嗎？']);
  const text = unique('又回來了');
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
  await message(page, text);
});

test('a text that is typed while disconnected can be sent later', async () => {
  const page = await windows.open();
  await say(page, 'close');
  await state(page, 'disconnected');
  const text = unique('草稿');
  await say(page, text);
  assert.equal(await page.locator('#input').inputValue(), text);
  await page.locator('#reconnect').click();
  await state(page, 'connected');
  await page.locator('#send').click();
  await message(page, text);
});

test('a terminal close code is explained beside the line and not in it', async () => {
  for (const [locale, code, reason, line, detail] of [
    ['zh-TW', 1009, '', CLOSED, '訊息太大（代碼 1009）'],
    ['zh-TW', 3501, 'bad request', CLOSED, '伺服器不接受這個請求（代碼 3501：bad request）'],
    ['zh-TW', 4999, 'gone', CLOSED, '連線已關閉（代碼 4999：gone）'],
    ['en-US', 3501, 'bad request', 'Disconnected by the server',
      'The server did not accept this request (code 3501: bad request)'],
    ['zh-TW', 4500, 'closed on request', CLOSED, null],
  ]) {
    const page = await windows.open({
      locale, server: fakeServer({ published: (text, socket) => socket.close({ code, reason }) }),
    });
    await say(page, 'x');
    await state(page, 'disconnected');
    await showsLast(page, line);
    const details = await page.locator('#messages .detail').allTextContents();
    assert.deepEqual(details, detail ? [detail] : []);
  }
});

test('the page reconnects after a close that is not terminal', async () => {
  let connections = 0;
  const server = fakeServer({ published: (text, socket) => socket.close({ code: 3008, reason: 'slow' }) });
  const page = await windows.open({
    server: (socket) => { connections += 1; server(socket); },
  });
  await say(page, 'x');
  await until(() => connections === 2, 'a second connection');
  await state(page, 'connected');
});

test('history that a broken connection delayed is shown later', async () => {
  let asked = 0;
  const page = await windows.open({
    connected: false,
    server: fakeServer({
      subscribe: ({ channel, recover }) => ({
        epoch: 'test', offset: 2, recoverable: !channel.startsWith('typing:'), was_recovering: recover, recovered: recover,
        publications: recover ? [{ offset: 3, data: '三', info: { client: 'other' } }] : [],
      }),
      history(command, socket) {
        asked += 1;
        if (asked === 1) {
          socket.close({ code: 3008, reason: 'slow' });
          return null;
        }
        const publications = ['三', '二', '一'].map((data, i) => ({ data, offset: 3 - i, info: { client: 'other' } }));
        return { publications, epoch: 'test', offset: 3 };
      },
    }),
  });
  await shows(page, ['一', '二', OPENED, '三']);
  assert.equal(asked, 2);
});

test('messages that a server was cut off from and gets in several parts are all counted', async () => {
  let offset = 0;
  const tell = (socket, channel, ...texts) => {
    for (const data of texts) {
      offset += 1;
      socket.send(JSON.stringify({ push: { channel, pub: { data, offset, info: { client: 'other', user: '' } } } }));
    }
  };
  const parts = [['一', '二'], ['三']];
  const page = await windows.open({
    server: fakeServer({
      published(text, socket, room) {
        const unsubscribe = { code: 2500, reason: 'insufficient state' };
        socket.send(JSON.stringify({ push: { channel: `typing:${room}`, unsubscribe } }));
      },
      presence_stats({ channel }, socket) {
        tell(socket, channel, ...parts.shift() ?? []);
        return { num_clients: 1, num_users: 1 };
      },
      history({ channel, limit }, socket) {
        if (!limit) queueMicrotask(() => tell(socket, channel, ...parts.shift() ?? []));  // behind the answer
        return { publications: [], epoch: 'test' };
      },
    }),
  });
  await say(page, 'x');
  await shows(page, [OPENED, '一', '二', '三']);
  await showsRules(page, ['已重新連線，補回 3 則訊息']);
});

test('the page disconnects from a server that does not close on request', async () => {
  const said = [];
  const page = await windows.open({
    server: fakeServer({ published: (text, socket, room) => { said.push(text); echo(text, socket, room); } }),
  });
  await page.locator('#close').click();
  await page.locator('#close').click();
  await state(page, 'disconnected');
  assert.deepEqual(said, ['close'], 'asked once');
  await shows(page, [OPENED, 'close', CLOSED]);
});

test('a page connects as soon as its server starts', async () => {
  let there = false;
  const page = await windows.open({
    connected: false,
    server: (socket) => {
      if (there) socket.connectToServer();
      else socket.close({ code: 1001, reason: '' });
    },
  });
  await state(page, 'connecting');
  assert.ok(await page.locator('#send').isDisabled());
  there = true;
  await state(page, 'connected');
  await shows(page, [OPENED]);
});
