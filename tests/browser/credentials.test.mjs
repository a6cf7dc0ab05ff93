// An EventSource of another origin's page that shows the visitor's cookie (LWS_CHAT_URL, a token in LWS_CHAT_TOKEN).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWindows, pageUrl } from './support.mjs';

const windows = openWindows();
const origin = process.env.LWS_CHAT_ORIGIN;

// Opens a stream in the page. Returns the type of its first event, or 'refused'.
function read(page, path, options) {
  return page.evaluate(([url, how]) => new Promise((resolve) => {
    const source = new EventSource(url, how);
    source.addEventListener('position', ({ type }) => { source.close(); resolve(type); });
    source.onerror = () => resolve(source.readyState === EventSource.CLOSED ? 'refused' : 'cut off');
  }), [new URL(path, pageUrl.origin).href, options]);
}

// A file of the page that has no policy of its own.
async function openPage(at) {
  windows.expectProblem(/Failed to load resource|blocked by CORS policy/);
  const context = await windows.context();
  await context.addCookies([{ name: 'chat_token', value: process.env.LWS_CHAT_TOKEN, url: pageUrl.origin, httpOnly: true }]);
  const page = await context.newPage();
  await page.goto(`${at}/web/base.css`);
  return page;
}

test('a page of a listed origin reads with its cookie, and only if it asks for that', async () => {
  const page = await openPage(origin);
  assert.equal(await read(page, '/sse/room', { withCredentials: true }), 'position');
  assert.equal(await read(page, '/sse/room', {}), 'refused');
  assert.equal(await read(page, `/sse/room?token=${process.env.LWS_CHAT_TOKEN}`, {}), 'position');
});

test('fetch of a listed origin reads with Authorization', async () => {
  const page = await openPage(origin);
  const status = await page.evaluate(async ([url, token]) => {
    const abort = new AbortController();
    const answer = await fetch(url, { headers: { Authorization: `Bearer ${token}` }, signal: abort.signal });
    abort.abort();
    return answer.status;
  }, [new URL('/sse/room', pageUrl.origin).href, process.env.LWS_CHAT_TOKEN]);
  assert.equal(status, 200);
});

test('a page of an origin that is not listed is refused', async () => {
  const page = await openPage(origin.replace('localhost', '127.0.0.1'));
  assert.equal(await read(page, '/sse/room', { withCredentials: true }), 'refused');
});
