// The page's settings, from the file config.json beside it:
//   token-url   gives a token to a reader who is signed in on the site (default none: nobody signs in)

import { texts } from './i18n.js';

const FILE = 'config.json';
const TOKEN_URL = 'token-url';
const WAIT_MS = 10000;

// The address of the token, or a text of what is wrong with it. The token is a secret of this site, and the content security
// policy forbids other ones.
function checkTokenUrl(value) {
  if (typeof value !== 'string' || value === '') return { problem: texts.config.notText(TOKEN_URL) };
  let url;
  try {
    url = new URL(value, location.href);
  } catch {
    return { problem: texts.config.notText(TOKEN_URL) };
  }
  if (url.origin !== location.origin) return { problem: texts.config.otherSite(value, location.origin) };
  return { tokenUrl: url.href };
}

function check(settings) {
  if (settings === null || typeof settings !== 'object' || Array.isArray(settings)) {
    return { problem: texts.config.notObject };
  }
  const unknown = Object.keys(settings).find((name) => name !== TOKEN_URL);
  if (unknown !== undefined) return { problem: texts.config.unknown(unknown, TOKEN_URL) };
  return TOKEN_URL in settings ? checkTokenUrl(settings[TOKEN_URL]) : {};
}

// Returns one of these:
//   {}             nobody signs in
//   { tokenUrl }
//   { missing }    there is no file, so nobody signs in; a text for the reader
//   { problem }    the file does not say whether one signs in; a text for the reader
export async function loadConfig() {
  let answer;
  let text;
  try {
    answer = await fetch(FILE, { cache: 'no-cache', signal: AbortSignal.timeout?.(WAIT_MS) });
    text = await answer.text();
  } catch {
    return { problem: texts.config.unreachable };
  }
  if (answer.status === 404) return { missing: texts.config.missing };
  if (!answer.ok) return { problem: texts.config.status(answer.status) };
  let settings;
  try {
    settings = JSON.parse(text);
  } catch {
    return { problem: texts.config.notJson };
  }
  return check(settings);
}
