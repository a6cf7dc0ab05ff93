// The reader's token, from the site. Its answers: {"token": "..."}; 401, 403 or a redirect, as to a form for signing in: the
// reader is not signed in. After any other answer the SDK asks again, later each time.

import { texts } from './i18n.js';

const WAIT_MS = 10000;
const NOT_SIGNED_IN = [401, 403];

function decoded(base64) {
  const bytes = Uint8Array.from(atob(base64.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

function decodedOrNull(base64) {
  try {
    return decoded(base64);
  } catch {
    return null;
  }
}

// What a token says about its reader, in the form of the client info that others get. Only the server checks the token.
function infoOf(token) {
  const claims = decodedOrNull(token.split('.')[1] ?? '');
  const connInfo = typeof claims?.b64info === 'string' && claims.b64info !== '' ? decodedOrNull(claims.b64info) : claims?.info;
  return { client: '', user: typeof claims?.sub === 'string' ? claims.sub : '', connInfo };
}

export class TokenSource {
  #url;
  #on;
  #problem = '';

  // Calls on.named(info) with what a new token says (null: the reader is not signed in), and on.waiting(text) when the site does not give a token now (empty: it
  // does again).
  constructor(url, on) {
    this.#url = url;
    this.#on = on;
  }

  // A new token. Throws the SDK's UnauthorizedError if the reader is not signed in.
  async get() {
    const { token, refused, problem } = await this.#ask();
    this.#tell(problem ?? '');
    if (refused) {
      this.#on.named(null);
      throw new globalThis.Centrifuge.UnauthorizedError();
    }
    if (problem) throw new Error(problem);
    this.#on.named(infoOf(token));
    return token;
  }

  async #ask() {
    try {
      const answer = await fetch(this.#url, {
        credentials: 'same-origin',
        cache: 'no-store',
        redirect: 'manual',
        headers: { accept: 'application/json' },
        signal: AbortSignal.timeout?.(WAIT_MS),
      });
      if (NOT_SIGNED_IN.includes(answer.status) || answer.type === 'opaqueredirect') return { refused: true };
      if (!answer.ok) return { problem: texts.noToken(answer.status) };
      const { token } = await answer.json();
      return typeof token === 'string' && token !== '' ? { token } : { problem: texts.noToken(answer.status) };
    } catch {
      return { problem: texts.noToken(0) };
    }
  }

  #tell(problem) {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#on.waiting(problem);
  }
}
