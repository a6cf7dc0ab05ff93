// A person on the page: a name, a fixed colour, a letter in a circle, and a mark if the server has confirmed who it is.

import { texts } from './i18n.js';
import { cleanNick, isMe } from './me.js';

const HUES = 12; // classes hue-0 to hue-11 of the style sheet

function hueOf(text) {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) % HUES;
}

// The server passes on the user of a client only if a token or a back end has named it. A server that asks for neither
// passes on whatever a client says, so a page that does not sign in shows no marks.
let usersAreConfirmed = false;
export function trustUsers() {
  usersAreConfirmed = true;
}

// Letters that look like the mark. A name that somebody has chosen must not have them where there are marks.
const CHECK_MARKS = /[\u2611\u2705\u2713\u2714\u{1f5f8}\u{1f5f9}]\ufe0f?/gu;
const chosen = (nick) => cleanNick(usersAreConfirmed ? nick.replace(CHECK_MARKS, '') : nick);

// `info` is the client info of a publication or of presence. A publication by a program may have none.
export function person(info) {
  const client = info?.client ?? '';
  const user = info?.user ?? '';
  const verified = usersAreConfirmed && user !== '';
  // What a client says of itself is in "claimed" where the server confirms who others are.
  const said = verified ? info.connInfo : (info?.connInfo?.claimed ?? info?.connInfo);
  const names = (verified ? [said?.name, said?.nick, user] : [said?.nick]).filter((name) => typeof name === 'string');
  const name = names.map(verified ? cleanNick : chosen).find((text) => text !== '') || texts.guest;
  return { client, user, name, verified, hue: `hue-${hueOf(user || client)}`, own: isMe(client) };
}

// The first visible letter. If the browser can find it, this may be an emoji of several code points.
const letters = Intl.Segmenter && new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const firstLetter = (name) => (letters ? [...letters.segment(name)][0].segment : [...name][0]);

export function avatar({ name, hue }) {
  const circle = document.createElement('span');
  circle.className = `avatar ${hue}`;
  circle.setAttribute('aria-hidden', 'true');
  circle.textContent = firstLetter(name).toUpperCase();
  return circle;
}

function mark(user) {
  const badge = document.createElement('span');
  badge.className = 'mark';
  badge.setAttribute('role', 'img');
  badge.setAttribute('aria-label', texts.verified);
  badge.title = texts.verifiedAs(user);
  return badge;
}

// An element with the name, and with the mark if there is one. The mark is an element beside the name, with a look that no
// letter has, and the name cannot cover or cut it.
export function nameTag({ name, user, verified }, className = 'name') {
  const text = document.createElement('span');
  text.className = className;
  text.dir = 'auto';
  text.textContent = name;
  if (!verified) return text;
  const tag = document.createElement('span');
  tag.className = 'verified';
  tag.append(text, mark(user));
  return tag;
}
