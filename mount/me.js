// The identity of this tab: a nickname, a user, a secret session, and the client ids that the server gave.
//
// The tab's storage has the session only while no page is loaded: the page writes it when it is left, and takes it out when
// it is shown. So a reload stays the same client, but a duplicated tab becomes a new one.

import { texts } from './i18n.js';
import { recall, recallJson, store } from './storage.js';

const MAX_NICK = 40; // characters
const MAX_IDS = 50; // client ids of this tab to remember

const random = () => [...crypto.getRandomValues(new Uint8Array(16))]
  .map((byte) => byte.toString(16).padStart(2, '0')).join('');
const oneOf = (list) => list[crypto.getRandomValues(new Uint32Array(1))[0] % list.length];

function guestName() {
  const known = recall('guest', 'sessionStorage');
  if (known) return known;
  const name = texts.guestName(oneOf(texts.adjectives), oneOf(texts.animals));
  store('guest', name, 'sessionStorage');
  return name;
}

function take() {
  const kept = recallJson('tab', 'sessionStorage');
  store('tab', null, 'sessionStorage');
  return kept;
}

const kept = take();
const tab = {
  user: typeof kept?.user === 'string' ? kept.user : random().slice(0, 12),
  session: typeof kept?.session === 'string' ? kept.session : random(),
  ids: Array.isArray(kept?.ids) ? kept.ids : [],
};
let nick = cleanNick(recall('nick') ?? '') || guestName();

addEventListener('pagehide', () => store('tab', JSON.stringify(tab), 'sessionStorage'));
addEventListener('pageshow', (event) => {
  if (event.persisted) take();
});

// Makes one line of it, without characters that are invisible or change the text's direction.
export function cleanNick(text) {
  const line = text.toWellFormed?.() ?? text;
  const seen = line.replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, ' ')
    .replace(/\s+/g, ' ').trim();
  return [...seen].slice(0, MAX_NICK).join('');
}

export const myNick = () => nick;

export function setMyNick(text) {
  nick = text;
  store('nick', nick);
}

export function addMyId(client) {
  if (tab.ids.includes(client)) return;
  tab.ids = [...tab.ids.slice(1 - MAX_IDS), client];
}

export const isMe = (client) => tab.ids.includes(client);

// Data for the server on connecting. Others see user and info. A token says who a reader is that has signed in.
export const connectData = (signsIn) => (signsIn
  ? { session: tab.session }
  : { user: tab.user, info: { nick }, session: tab.session });
