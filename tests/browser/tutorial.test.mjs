// A page in the tutorial's own style, with only the port changed, against a running server (LWS_CHAT_URL, http only, because the
// page uses ws://).

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { openWindows, pageUrl, until } from './support.mjs';

const skip = pageUrl.protocol === 'http:' ? false : 'the page asks for ws://';
const port = pageUrl.port || '80';

const windows = openWindows();

async function open() {
  const address = `http://localhost:${port}/tutorial.html`;
  const html = await readFile(new URL('tutorial.html', import.meta.url), 'utf8');
  const context = await windows.context();
  // The page does not come from the network here. The browser cannot know that it is local, and would ask the user.
  await context.grantPermissions(['local-network-access']);
  const page = await context.newPage();
  await page.route(address, (route) => route.fulfill({
    contentType: 'text/html; charset=utf-8',
    body: html.replace('ws://127.0.0.1:8000/', `ws://127.0.0.1:${port}/`),
  }));
  await page.route('**/favicon.ico', (route) => route.fulfill({ status: 204 }));
  await page.goto(address);
  await shows(page, ['連線成功!']);
  return page;
}

async function shows(page, expected) {
  let lines;
  try {
    await until(async () => {
      lines = await page.locator('#message div').allTextContents();
      return JSON.stringify(lines) === JSON.stringify(expected);
    }, 'the lines');
  } catch {
    assert.deepEqual(lines, expected);
  }
}

async function say(page, text) {
  await page.locator('#txt').fill(text);
  await page.getByRole('button', { name: '送出' }).click();
}

test("two windows with the tutorial's own page talk", { skip }, async () => {
  const a = await open();
  const b = await open();
  await say(a, '哈囉');
  await shows(a, ['連線成功!', '哈囉']);
  await shows(b, ['連線成功!', '哈囉']);
  await say(b, '  你好 <b>B</b>  ');
  const both = ['連線成功!', '哈囉', '  你好 <b>B</b>  '];
  await shows(a, both);
  await shows(b, both);

  await say(b, 'close');
  await shows(b, [...both, 'close', '你要求我關閉喔!', '被後端斷開']);
  await shows(a, [...both, 'close']);
  await say(a, '我還在');
  await shows(a, [...both, 'close', '我還在']);
  await shows(b, [...both, 'close', '你要求我關閉喔!', '被後端斷開']);
});

test("the tutorial's close button closes only its own connection", { skip }, async () => {
  const a = await open();
  const b = await open();
  await b.getByRole('button', { name: '關閉' }).click();
  await shows(b, ['連線成功!', '被後端斷開']);
  await say(a, '還在嗎?');
  await shows(a, ['連線成功!', '還在嗎?']);
  await shows(b, ['連線成功!', '被後端斷開']);
});
