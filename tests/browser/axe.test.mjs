// axe-core finds nothing wrong with the pages, in a real browser against a running server (LWS_CHAT_URL).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faults } from './axe.mjs';
import { OPENED, message, myNick, openWindows, say, showsPeople, state, until } from './support.mjs';

const windows = openWindows();

for (const options of [
  { colorScheme: 'light' },
  { colorScheme: 'dark', locale: 'en-US' },
  { colorScheme: 'light', viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
]) {
  const phone = options.isMobile ?? false;
  test(`the chat page, ${options.colorScheme}${phone ? ', on a phone' : ''}: talking, renaming, disconnected`, async () => {
    const page = await windows.open({ ...options, reducedMotion: 'reduce' });
    const peer = await windows.peer('小安');
    await peer.say('哈囉');
    await peer.say({ data: 'of a program' });
    await say(page, '嗨');
    await message(page, '嗨');
    await peer.type();
    await page.locator('#typing-text').waitFor();
    assert.deepEqual(await faults(page), []);
    if (phone) {
      await page.locator('#menu').tap();
      await showsPeople(page, ['小安', await myNick(page)]);
      assert.deepEqual(await faults(page), [], 'with its panel open');
      await page.keyboard.press('Escape');
    }
    await page.locator('#nick').click();
    assert.deepEqual(await faults(page), [], 'with its dialog open');
    await page.keyboard.press('Escape');
    await page.locator('#close').click();
    await state(page, 'disconnected');
    assert.deepEqual(await faults(page), [], 'disconnected');
  });
}

for (const colorScheme of ['light', 'dark']) {
  test(`the plain page, ${colorScheme}`, async () => {
    const page = await (await windows.context({ colorScheme })).newPage();
    await page.goto(windows.address(windows.room, undefined, 'plain.html'));
    await until(async () => await page.locator('#message div').first().textContent() === OPENED, 'connected');
    assert.deepEqual(await faults(page), []);
  });
}
