// What the browser tests share: the address under test, one browser, and
// windows that note every console error, page error and policy violation.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import WebSocket from 'ws';

export const pageUrl = new URL(process.env.LWS_CHAT_URL ?? 'http://localhost:8000/web/');

export const socketUrl = new URL('/chat/', pageUrl);
socketUrl.protocol = pageUrl.protocol === 'https:' ? 'wss:' : 'ws:';

const WAIT_MS = 10_000;

export function launch() {
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

// Windows opened through this are checked and closed by finish().
export class Windows {
  #browser;
  #contexts = [];
  #members = [];
  #problems = [];

  constructor(browser) {
    this.#browser = browser;
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

  // A window with the page, connected unless told otherwise. With `server`, a
  // function of playwright's WebSocketRoute, the window talks to that instead
  // of the real server.
  async open({ server, connected = true, prepare, ...options } = {}) {
    const context = await this.context(options);
    const page = await context.newPage();
    if (prepare) await prepare(page);
    if (server) await page.routeWebSocket((url) => url.pathname === '/chat/', server);
    await page.goto(pageUrl.href);
    if (connected) await state(page, 'connected');
    return page;
  }

  // Another member of the room, without a window.
  async member() {
    const socket = new WebSocket(socketUrl, { rejectUnauthorized: false });
    this.#members.push(socket);
    await once(socket, 'open');
    return { send: (text) => socket.send(text) };
  }

  async finish() {
    for (const socket of this.#members.splice(0)) socket.terminate();
    for (const context of this.#contexts.splice(0)) await context.close();
    assert.deepEqual(this.#problems.splice(0), [], 'the console stays clean');
  }
}

// Polls from here: polling inside the page would need eval, which the page's
// policy forbids.
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

export function allTexts(page) {
  return page.locator('#messages .text').evaluateAll(
    (elements) => elements.map((element) => element.textContent));
}

// Waits until the window shows exactly these lines.
export async function shows(page, expected) {
  let lines;
  try {
    await until(async () => {
      lines = await allTexts(page);
      return JSON.stringify(lines) === JSON.stringify(expected);
    }, 'the lines');
  } catch {
    assert.deepEqual(lines, expected);
  }
}

// Waits until the window shows this message, and gives its element.
export async function message(page, text) {
  const quick = page.locator('#messages li.message .text');
  const index = await until(async () => {
    const texts = await quick.evaluateAll((all) => all.map((element) => element.textContent));
    return texts.lastIndexOf(text) + 1;
  }, `the message ${JSON.stringify(text.slice(0, 60))}`);
  return quick.nth(index - 1);
}

let count = 0;
// A text that no other test sends.
export const unique = (text) => `${text} #${process.pid}.${count++}`;
