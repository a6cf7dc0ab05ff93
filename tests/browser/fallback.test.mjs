// The SDK in a page behind a proxy that drops upgrades (LWS_CHAT_URL, LWS_CHAT_SDK): it falls back to http_stream or sse.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWindows, pageUrl, until } from './support.mjs';

const windows = openWindows();

// A page with a client of the SDK, which tries the transports in their order, and is in the room.
async function openClient(transports) {
  windows.expectProblem(/net::ERR_|Failed to load resource|WebSocket connection to/);
  const relay = await windows.relay({ upgrades: false });
  const context = await windows.context();
  await context.addInitScript({ path: process.env.LWS_CHAT_SDK });
  const page = await context.newPage();
  await page.goto(new URL(`${pageUrl.pathname}plain.html`, relay.origin).href);
  await page.evaluate(([names, room]) => {
    const { origin } = window.location;
    const endpoints = names.map((transport) => ({
      transport,
      endpoint: `${transport === 'websocket' ? origin.replace(/^http/, 'ws') : origin}/connection/${transport}`,
    }));
    window.seen = { transports: [], data: [], recovered: [] };
    window.client = new window.Centrifuge(endpoints, {
      emulationEndpoint: `${origin}/emulation`, minReconnectDelay: 1, maxReconnectDelay: 50,
    });
    window.client.on('connected', ({ transport }) => window.seen.transports.push(transport));
    window.room = window.client.newSubscription(room);
    window.room.on('publication', ({ data }) => window.seen.data.push(data));
    window.room.on('subscribed', ({ wasRecovering, recovered }) => window.seen.recovered.push(wasRecovering && recovered));
    window.room.subscribe();
    window.client.connect();
  }, [transports, windows.room]);
  const seen = () => page.evaluate(() => window.seen);
  await until(async () => (await seen()).recovered.length === 1, 'the subscription');
  return { page, seen, relay };
}

for (const fallback of ['http_stream', 'sse']) {
  test(`behind a proxy that drops upgrades a page talks over ${fallback}`, async () => {
    const { page, seen } = await openClient(['websocket', fallback]);
    assert.deepEqual((await seen()).transports, [fallback]);
    const member = await windows.member();
    await page.evaluate(() => window.room.publish({ from: 'the page' }));
    await until(() => member.heard.includes('{"from":"the page"}'), 'what the page says');
    member.send('from another');
    await until(async () => (await seen()).data.includes('from another'), 'what another says');
    assert.equal((await page.evaluate(async () => (await window.room.presenceStats()).numClients)), 2);
    assert.equal((await page.evaluate(async () => (await window.room.history({ limit: 10 })).publications.length)), 2);
  });

  test(`over ${fallback} a page gets what it missed while the wire was cut`, async () => {
    const { seen, relay } = await openClient(['websocket', fallback]);
    const member = await windows.member();
    relay.cut();
    const missed = Array.from({ length: 20 }, (_, i) => `missed ${i}`);
    missed.forEach((text) => member.send(text));
    await until(() => member.heard.length === missed.length, 'the messages');
    relay.mend();
    await until(async () => (await seen()).data.length === missed.length, 'what was missed');
    const { data, recovered, transports } = await seen();
    assert.deepEqual(data, missed);
    assert.equal(recovered.at(-1), true);
    assert.equal(transports.at(-1), fallback);
  });
}
