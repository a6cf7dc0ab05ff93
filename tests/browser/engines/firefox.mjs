// Firefox, with the W3C's WebDriver BiDi.

import { writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import WebSocket from 'ws';
import { start } from './program.mjs';

const FIREFOX = '/usr/bin/firefox-esr';
const KEYS = { Enter: '\ue007' };
const PREFERENCES = {
  'intl.accept_languages': 'zh-TW',
  // The browser must not contact other machines.
  'app.normandy.enabled': false,
  'browser.safebrowsing.downloads.remote.enabled': false,
  'browser.search.update': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
};

// A connection to the browser. send() returns the answer to a command. `problems` has the errors of pages.
async function connect(address) {
  const socket = new WebSocket(address);
  const waiting = new Map();
  const problems = [];
  let last = 0;
  const opened = new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.on('error', reject);
  });
  socket.on('message', (text) => {
    const { type, id, result, method, params, error, message } = JSON.parse(text);
    if (type === 'event') {
      if (method === 'log.entryAdded' && params.level === 'error') problems.push(params.text);
      return;
    }
    const { resolve, reject, what } = waiting.get(id);
    waiting.delete(id);
    if (type === 'error') reject(new Error(`${what}: ${error}: ${message}`));
    else resolve(result);
  });
  await opened;
  return {
    problems,
    close: () => socket.terminate(),
    send: (what, params) => new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject, what });
      socket.send(JSON.stringify({ id: last, method: what, params }));
    }),
  };
}

class Window {
  #send;
  #context;

  constructor(send, context) {
    this.#send = send;
    this.#context = context;
  }

  go(url) {
    return this.#send('browsingContext.navigate', { context: this.#context, url, wait: 'complete' });
  }

  async #call(functionDeclaration, text) {
    const { result, exceptionDetails } = await this.#send('script.callFunction', {
      functionDeclaration, arguments: [{ type: 'string', value: text }], awaitPromise: false, target: { context: this.#context },
    });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return result;
  }

  async evaluate(code) {
    const { value } = await this.#call(`() => JSON.stringify((() => { ${code} })())`, '');
    return value === undefined ? undefined : JSON.parse(value);
  }

  #act(source) {
    return this.#send('input.performActions', { context: this.#context, actions: [source] });
  }

  #keys(keys) {
    const actions = keys.flatMap((value) => [{ type: 'keyDown', value }, { type: 'keyUp', value }]);
    return this.#act({ type: 'key', id: 'keyboard', actions });
  }

  press(key) {
    return this.#keys([KEYS[key]]);
  }

  async click(selector) {
    const element = await this.#call('(selector) => document.querySelector(selector)', selector);
    return this.#act({
      type: 'pointer',
      id: 'mouse',
      actions: [
        { type: 'pointerMove', x: 0, y: 0, origin: { type: 'element', element } },
        { type: 'pointerDown', button: 0 },
        { type: 'pointerUp', button: 0 },
      ],
    });
  }

  async type(selector, text) {
    await this.click(selector);
    await this.#keys([...text]);
  }

  async picture(file) {
    const { data } = await this.#send('browsingContext.captureScreenshot', { context: this.#context });
    await writeFile(file, data, 'base64');
  }

  close() {
    return this.#send('browsingContext.close', { context: this.#context });
  }
}

function parameters(profile) {
  const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`);
  writeFileSync(path.join(profile, 'user.js'), lines.join(''));
  return ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'];
}

export async function launch({ size }) {
  const program = await start(FIREFOX, parameters);
  try {
    const address = await program.says(2, /WebDriver BiDi listening on (ws:\S+)/);
    program.silence();
    const { send, problems, close } = await connect(`${address}/session`);
    await send('session.new', { capabilities: {} });
    await send('session.subscribe', { events: ['log.entryAdded'] });
    return {
      problems,
      // Each window has its own storage.
      async open(url) {
        const { userContext } = await send('browser.createUserContext', {});
        const { context } = await send('browsingContext.create', { type: 'window', userContext });
        await send('browsingContext.setViewport', { context, viewport: size });
        const window = new Window(send, context);
        await window.go(url);
        return window;
      },
      async end() {
        close();
        await program.end();
      },
    };
  } catch (error) {
    await program.end();
    throw error;
  }
}
