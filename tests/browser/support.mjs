// Shared by the browser tests: the address of the server, one browser, and windows that note each console error, page error
// and policy violation. Each test has its own room, so it does not see the history of another test.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { after, afterEach, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import WebSocket from 'ws';
import { Peer } from './peer.mjs';
import { Relay } from './relay.mjs';

export const OPENED = '連線成功!';
export const CLOSED = '被後端斷開';
export const REPLY = '你要求我關閉喔!';

export const pageUrl = new URL(process.env.LWS_CHAT_URL ?? 'http://localhost:8000/web/');
const secure = pageUrl.protocol === 'https:';

const WAIT_MS = 10_000;

function launch() {
  return chromium.launch({
    executablePath: process.env.LWS_CHAT_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

const newRoom = () => `room-${randomBytes(5).toString('hex')}`;

// The windows of a file's tests. They share one browser. After each test its windows are checked and closed.
export function openWindows() {
  const windows = new Windows();
  before(() => windows.start());
  afterEach(() => windows.finish());
  after(() => windows.end());
  return windows;
}

// Windows opened through this are checked and closed by finish().
class Windows {
  #browser;
  #contexts = [];
  #others = []; // functions that end other clients and relays
  #problems = [];
  #expected = [];

  room = newRoom(); // the present test's

  async start() {
    this.#browser = await launch();
  }

  async end() {
    await this.#browser?.close();
  }

  async context(options = {}) {
    const context = await this.#browser.newContext({
      locale: 'zh-TW',
      viewport: { width: 1280, height: 800 },
      ignoreHTTPSErrors: true,
      ...options,
    });
    context.setDefaultTimeout(WAIT_MS);
    this.#contexts.push(context);
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    context.on('console', (message) => {
      if (message.type() === 'error') this.#problems.push(`console: ${message.text()}`);
    });
    context.on('weberror', (error) => {
      this.#problems.push(`page error: ${error.error()}`);
    });
    return context;
  }

  // A window with the page, connected by default. With `server`, a function of playwright's WebSocketRoute, the window
  // talks to that instead of the real server.
  async open({ server, connected = true, prepare, room = this.room, origin, context, ...options } = {}) {
    const own = context ?? await this.context(options);
    const page = await own.newPage();
    if (prepare) await prepare(page);
    if (server) await page.routeWebSocket((url) => url.pathname === '/connection/websocket', server);
    await page.goto(this.address(room, origin));
    if (connected) await state(page, 'connected');
    return page;
  }

  // The page's address for a room (null: no room in it), with another origin if one is given.
  address(room, origin = pageUrl.origin, file = '') {
    const url = new URL(pageUrl.pathname + file, origin);
    if (room !== null) url.searchParams.set('room', room);
    return url.href;
  }

  // A text client in the room, without a window.
  async member(room = this.room) {
    const url = new URL(`/chat/${encodeURIComponent(room)}`, pageUrl);
    url.protocol = secure ? 'wss:' : 'ws:';
    const socket = new WebSocket(url, { rejectUnauthorized: false });
    this.#others.push(() => socket.terminate());
    const heard = [];
    socket.on('message', (data) => heard.push(String(data)));
    await once(socket, 'open');
    return { send: (text) => socket.send(text), heard };
  }

  // A silent member of the room, with this data about itself.
  async silent(info) {
    const url = new URL('/connection/websocket', pageUrl);
    url.protocol = secure ? 'wss:' : 'ws:';
    const socket = new WebSocket(url, { rejectUnauthorized: false });
    this.#others.push(() => socket.terminate());
    await once(socket, 'open');
    const commands = [{ id: 1, connect: { data: { info } } }, { id: 2, subscribe: { channel: this.room } }];
    socket.send(commands.map((command) => JSON.stringify(command)).join('\n'));
    await once(socket, 'message');
    socket.on('message', () => {});
  }

  // A client of the SDK in the room, without a window.
  async peer(nick, room = this.room) {
    const url = new URL('/connection/websocket', pageUrl);
    url.protocol = secure ? 'wss:' : 'ws:';
    const peer = new Peer(url.href, nick, room);
    this.#others.push(() => peer.leave());
    await peer.ready();
    return peer;
  }

  // A relay to the server that can be cut.
  async relay(options) {
    const relay = await Relay.to(pageUrl, options);
    this.#others.push(() => relay.end());
    return relay;
  }

  // The present test expects console errors like this one.
  expectProblem(pattern) {
    this.#expected.push(pattern);
  }

  async finish() {
    for (const end of this.#others.splice(0)) end();
    for (const context of this.#contexts.splice(0)) await context.close();
    this.room = newRoom();
    const expected = this.#expected.splice(0);
    const problems = this.#problems.splice(0).filter((text) => !expected.some((pattern) => pattern.test(text)));
    assert.deepEqual(problems, [], 'the console stays clean');
  }
}

// Polls from here, because polling inside the page needs eval, which the page's policy forbids.
export async function until(check, what, wait = WAIT_MS) {
  const end = Date.now() + wait;
  for (;;) {
    const last = await check();
    if (last) return last;
    if (Date.now() > end) assert.fail(`waited in vain: ${what}`);
    await sleep(25);
  }
}

export async function state(page, name) {
  await page.locator(`#state[data-state="${name}"]`).waitFor();
}

const textsOf = (page, selector) => page.locator(selector).evaluateAll(
  (elements) => elements.map((element) => element.textContent));

// The messages of people, the page and the server, in order.
export const allTexts = (page) => textsOf(page, '#messages .text');

// The horizontal rules between messages: new, recovered and so on.
export const rules = (page) => textsOf(page, '#messages .rule .label');

async function equals(read, expected) {
  let found;
  try {
    await until(async () => {
      found = await read();
      return JSON.stringify(found) === JSON.stringify(expected);
    }, 'the lines');
  } catch {
    assert.deepEqual(found, expected);
  }
}

// Waits until the window shows exactly these lines.
export const shows = (page, expected) => equals(() => allTexts(page), expected);
export const showsLast = (page, expected) => equals(async () => (await allTexts(page)).at(-1), expected);
export const showsRules = (page, expected) => equals(() => rules(page), expected);

// Waits until these people are listed, in any order.
export const showsPeople = (page, expected) => equals(
  async () => (await textsOf(page, '#people .name')).sort(), [...expected].sort());

// Waits until the window shows this message. Returns its element.
export async function message(page, text) {
  const quick = page.locator('#messages li.message .text');
  const index = await until(async () => {
    const texts = await quick.evaluateAll((all) => all.map((element) => element.textContent));
    return texts.lastIndexOf(text) + 1;
  }, `the message ${JSON.stringify(text.slice(0, 60))}`);
  return quick.nth(index - 1);
}

export async function say(page, text) {
  await page.locator('#input').fill(text);
  await page.locator('#input').press('Enter');
}

// Says it until the window shows it. A text that is typed while the connection is lost waits in the box: over HTTP/2, lws
// sometimes ends a connection that Chromium has done nothing wrong on.
export async function sayAndSee(page, text) {
  await say(page, text);
  await until(async () => {
    if ((await allTexts(page)).includes(text)) return true;
    const waits = await page.locator('#input').inputValue() === text;
    if (waits && await page.locator('#send').isEnabled()) await page.locator('#input').press('Enter');
    return false;
  }, `own message ${JSON.stringify(text)}`);
}

export async function rename(page, nick) {
  await page.locator('#nick').click();
  await page.locator('#nick-input').fill(nick);
  await page.locator('#nick-input').press('Enter');
  await page.locator('#nick-dialog').waitFor({ state: 'hidden' });
  await state(page, 'connected');
}

export const myNick = (page) => page.locator('#nick-text').textContent();
export const focused = (page) => page.evaluate(() => document.activeElement.id);

// The size of the visible part of the log.
export const scroll = (page) => page.locator('#messages').evaluate((log) => ({
  top: Math.round(log.scrollTop),
  gap: Math.round(log.scrollHeight - log.clientHeight - log.scrollTop),
}));

let count = 0;
// A text that no other test sends.
export const unique = (text) => `${text} #${process.pid}.${count++}`;
