// The words for the end of a connection: a line for the list of messages with its detail, and for some ends the text of the
// banner.

import { texts } from './i18n.js';

const NOT_SIGNED_IN = 1; // the SDK's own code: the site gave no token
const NO_TOKEN = 'a token is required'; // ends the reason of this 3501, unlike others
const ASKED_FOR = [0, 4500]; // by the SDK's client, by the close word

export function wordsOf({ code, reason }) {
  if (code === NOT_SIGNED_IN) return { line: texts.notSignedIn, detail: '', banner: texts.ends[code] };
  const key = code === 3501 && reason.endsWith(NO_TOKEN) ? 'noToken' : code;
  return {
    line: texts.closed,
    detail: ASKED_FOR.includes(code) ? '' : texts.detail(texts.codes[key] ?? texts.codes[code], code, reason),
    banner: texts.ends[key],
  };
}
