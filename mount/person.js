// A person on the page: a name, a fixed colour, a letter in a circle.

import { texts } from './i18n.js';
import { cleanNick, isMe } from './me.js';

const HUES = 12; // classes hue-0 to hue-11 of the style sheet

function hueOf(text) {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) % HUES;
}

// `info` is the client info of a publication or of presence. A publication by a program may have none.
export function person(info) {
  const nick = info?.connInfo?.nick;
  const client = info?.client ?? '';
  const name = (typeof nick === 'string' && cleanNick(nick)) || texts.guest;
  return { client, name, hue: `hue-${hueOf(info?.user || client)}`, own: isMe(client) };
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
