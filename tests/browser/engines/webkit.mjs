// WebKitGTK's small browser on an invisible screen. Its own driver implements the W3C's WebDriver.

import { writeFile } from 'node:fs/promises';
import { start } from './program.mjs';

const DRIVER = '/usr/bin/WebKitWebDriver';
const SCREEN = '/usr/bin/Xvfb';
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'; // the key of an element's id, by the standard
const KEYS = { Enter: '\ue007' };
const PATIENCE_MS = 60_000;

async function command(url, method, body) {
  const response = await fetch(url, { method, body: body && JSON.stringify(body) });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${method} ${url}: ${value.error}: ${value.message}`);
  return value;
}

class Window {
  #session;
  #handle;
  #first; // the first window, which stays open

  constructor(session, handle, first) {
    this.#session = session;
    this.#handle = handle;
    this.#first = first;
  }

  // The driver sends commands to the window that was chosen last.
  async #post(path, body) {
    await command(`${this.#session}/window`, 'POST', { handle: this.#handle });
    return command(`${this.#session}/${path}`, 'POST', body);
  }

  go(url) {
    return this.#post('url', { url });
  }

  resize(size) {
    return this.#post('window/rect', size);
  }

  evaluate(code) {
    return this.#post('execute/sync', { script: code, args: [] });
  }

  async #element(selector) {
    const found = await this.#post('element', { using: 'css selector', value: selector });
    return `element/${found[ELEMENT]}`;
  }

  async click(selector) {
    await this.#post(`${await this.#element(selector)}/click`, {});
  }

  async type(selector, text) {
    await this.#post(`${await this.#element(selector)}/value`, { text });
  }

  async press(key) {
    const element = await this.#post('execute/sync', { script: 'return document.activeElement', args: [] });
    await this.#post(`element/${element[ELEMENT]}/value`, { text: KEYS[key] });
  }

  async picture(file) {
    await command(`${this.#session}/window`, 'POST', { handle: this.#handle });
    await writeFile(file, await command(`${this.#session}/screenshot`, 'GET'), 'base64');
  }

  async close() {
    await command(`${this.#session}/window`, 'POST', { handle: this.#handle });
    await command(`${this.#session}/window`, 'DELETE');
    await command(`${this.#session}/window`, 'POST', { handle: this.#first });
  }
}

async function answers(url) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await command(url, 'GET');
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
  }
}

// `port` is the driver's port.
export async function launch({ size, port }) {
  const programs = [];
  const end = async () => {
    for (const program of programs.reverse()) await program.end();
  };
  try {
    const screen = await start(SCREEN, () => ['-displayfd', '3', '-screen', '0', `${size.width}x${size.height}x24`, '-nolisten', 'tcp']);
    programs.push(screen);
    const display = await screen.says(3, /(\d+)/);
    screen.silence();
    const driver = await start(DRIVER, () => [`--port=${port}`], { DISPLAY: `:${display}`, LANG: 'C.UTF-8', LANGUAGE: 'zh_TW' });
    programs.push(driver);
    driver.silence();
    const address = `http://127.0.0.1:${port}`;
    await answers(`${address}/status`);
    const { sessionId } = await command(`${address}/session`, 'POST', { capabilities: {} });
    const session = `${address}/session/${sessionId}`;
    const first = await command(`${session}/window`, 'GET');
    return {
      problems: [], // it does not tell
      async open(url) {
        const { handle } = await command(`${session}/window/new`, 'POST', { type: 'window' });
        const window = new Window(session, handle, first);
        await window.resize(size);
        await window.go(url);
        return window;
      },
      async end() {
        await command(session, 'DELETE').catch(() => {});
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}
