// The site of test_sign_in.py, as its tests see it.
//   LWS_CHAT_PROGRAM  the site's own program
//   LWS_CHAT_API      the API's address and key, as JSON
//   LWS_CHAT_GUESTS   another vhost with the same rooms, which also lets in clients without a token

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { pageUrl } from './support.mjs';

export const guests = new URL(process.env.LWS_CHAT_GUESTS);

// A browser's session at the site.
export class Session {
  #name = randomBytes(6).toString('hex');
  #url = new URL(`/sessions/${this.#name}`, process.env.LWS_CHAT_PROGRAM);

  // Signs this reader in: { user, name }.
  static async of(context, reader) {
    const session = new Session();
    await session.set({ status: 200, lifetime: 3600, ...reader });
    await context.addCookies([{ name: 'session', value: session.#name, url: pageUrl.origin }]);
    return session;
  }

  // Changes what the site says about the session: user, name, lifetime of tokens in seconds, HTTP status.
  async set(fields) {
    const answer = await fetch(this.#url, { method: 'POST', body: JSON.stringify(fields) });
    assert.equal(answer.status, 200);
  }

  async get() {
    return (await fetch(this.#url)).json();
  }
}

export async function api(method, body) {
  const [url, key] = JSON.parse(process.env.LWS_CHAT_API);
  const answer = await fetch(new URL(`/api/${method}`, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify(body),
  });
  const { error, result } = await answer.json();
  assert.equal(error, undefined);
  return result;
}
