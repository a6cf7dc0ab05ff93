// The page: connects the connection, the list of messages, the list of people and the controls.

import { loadConfig } from './config.js';
import { Connection } from './connection.js';
import { wordsOf } from './endings.js';
import { language, switchLanguage, texts, translate } from './i18n.js';
import { Log } from './log.js';
import { addMyId, connectData } from './me.js';
import { NickDialog, TokenName } from './nick.js';
import { People } from './people.js';
import { person, trustUsers } from './person.js';
import { Switcher, addressOf, roomOfAddress, shown, typingRoomOf } from './rooms.js';
import { TokenSource } from './token.js';
import { Typing } from './typing.js';

const CLOSE_WORD = 'close'; // asks the server to close
const CLOSE_WAIT_MS = 3000; // after this the page closes by itself
const HINT_MS = 6000;
const PERMISSION_DENIED = 103; // the protocol's error

const byId = (id) => document.getElementById(id);
const controls = Object.fromEntries(['input', 'send', 'close', 'reconnect', 'state', 'banner', 'hint', 'panel']
  .map((id) => [id, byId(id)]));

translate(document);

const config = await loadConfig();
const signsIn = config.tokenUrl !== undefined;
if (signsIn) trustUsers();

let { room, possible } = roomOfAddress();
let state = 'connecting';
let ending = config.problem; // the banner's text once disconnected (undefined: the usual one)
let closeTimer = 0;
let hintTimer = 0;
const drafts = new Map(); // room -> unsent text

const log = new Log((unread) => showTitle(unread));
const people = new People();
const typing = new Typing(() => {
  if (people.count !== 1) connection.tellTyping();
});
const switcher = new Switcher((next) => go(next));
const tokenName = signsIn ? new TokenName() : null;
const tokens = signsIn && new TokenSource(config.tokenUrl, {
  named: (info) => tokenName.show(info && person(info)),
  waiting: (text) => showHint(text, true),
});

// ---- Events of the connection ----

const connection = new Connection(socketUrl(), connectData(signsIn), tokens ? () => tokens.get() : null, {
  state: showState,
  connected: addMyId,
  entered({ why, history }) {
    for (const { data, info, time } of history) log.old(data, person(info), time);
    if (history.length) log.rule('earlier', texts.earlier);
    if (why === 'reader') log.system('opened', texts.opened);
    else log.rule('notice', texts.entered(shown(room)));
  },
  resumed({ why, missed, missing }) {
    if (why === 'reader') log.system('opened', texts.opened);
    if (missing !== 0) log.rule('warning', texts.missing(missing));
    if (why === 'lost' && missing === 0) log.rule('recovered', texts.recovered(missed.length));
    else if (missed.length) log.rule('recovered', texts.filled(missed.length));
    for (const { data, info, time } of missed) log.late(data, person(info), time);
  },
  message({ data, info }) {
    const author = person(info);
    typing.stopped(author.client);
    log.message(data, author);
  },
  people: (infos) => people.set(infos),
  crowd: (count) => people.crowd(count),
  join: (info) => people.join(info),
  leave: (info) => {
    people.leave(info);
    typing.stopped(info.client);
  },
  typing: (info) => typing.heard(info),
  reply: (data) => log.system('reply', typeof data === 'string' ? data : JSON.stringify(data)),
  closed(context) {
    clearTimeout(closeTimer);
    closeTimer = 0;
    const { line, detail, banner } = wordsOf(context);
    ending = banner;
    log.system('closed', line, detail);
  },
});

function socketUrl() {
  const url = new URL(document.documentElement.dataset.path, location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

function showState(name) {
  state = name;
  const { input, send, close, reconnect, banner } = controls;
  controls.state.dataset.state = name;
  controls.state.textContent = texts[name];
  const focused = document.activeElement;
  const lostFocus = focused === send || focused === close || focused === reconnect;

  send.disabled = close.disabled = name !== 'connected';
  banner.hidden = !(name in texts.banners);
  banner.dataset.state = name;
  const why = name === 'disconnected' && ending;
  byId('banner-text').role = why ? 'alert' : null;
  byId('banner-text').textContent = why || (texts.banners[name] ?? '');
  reconnect.hidden = name !== 'disconnected';
  if (name !== 'connected') typing.clear();
  if (name === 'disconnected') people.set([]);
  // A button that becomes disabled or hidden loses the keyboard focus.
  if (lostFocus) (name === 'disconnected' ? reconnect : input).focus();
}

// ---- Rooms ----

function showTitle(unread = 0) {
  document.title = `${unread > 0 ? `(${unread}) ` : ''}${shown(room)} · ${texts.title}`;
}

function showRoom() {
  byId('room').textContent = byId('room').title = shown(room);
  byId('plain').href = addressOf(room, 'plain.html');
  switcher.show(room);
  log.clear();
  people.set([]);
  typing.clear();
  showTitle();
}

function enter(next) {
  drafts.set(room, controls.input.value);
  room = next;
  controls.input.value = drafts.get(room) ?? '';
  showRoom();
  connection.enter(room, typingRoomOf(room));
}

function go(next) {
  controls.panel.togglePopover?.(false);
  if (next !== room) {
    history.pushState(null, '', addressOf(next));
    enter(next);
  }
  controls.input.focus();
}

addEventListener('popstate', () => {
  const address = roomOfAddress();
  if (address.room !== room) enter(address.room);
});

byId('invite').addEventListener('click', async () => {
  const address = addressOf(room);
  try {
    await navigator.clipboard.writeText(address);
    showHint(texts.copied);
  } catch {
    // Browsers allow the clipboard only with TLS or on localhost.
    showHint(texts.copyFailed(address), true);
  }
});

// ---- Sending ----

function showHint(text, stays = false) {
  clearTimeout(hintTimer);
  controls.hint.textContent = text;
  controls.hint.hidden = text === '';
  if (text && !stays) hintTimer = setTimeout(() => showHint(''), HINT_MS);
}

async function publish(text) {
  const from = room;
  try {
    await connection.publish(text);
  } catch ({ code }) {
    if (from !== room) return;
    if (code === PERMISSION_DENIED) showHint(texts.readOnly, true);
    else showHint(texts.notSent);
    if (controls.input.value === '') controls.input.value = text;
  }
}

function submit() {
  const { input } = controls;
  if (input.value === '' || state !== 'connected') return;
  if (!connection.fits(input.value)) {
    showHint(texts.tooLong, true);
    return;
  }
  publish(input.value);
  input.value = '';
  showHint('');
  typing.sent();
  log.toEnd();
}

// While an input method is composing, Enter picks a candidate and must not send. One browser ends the composition just before
// the key event, which then has the key code 229.
let composing = false;
controls.input.addEventListener('compositionstart', () => { composing = true; });
controls.input.addEventListener('compositionend', () => { composing = false; });
controls.input.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.isComposing || event.keyCode === 229)) event.preventDefault();
});
controls.input.addEventListener('input', () => {
  if (controls.input.value !== '') typing.typed();
});

byId('form').addEventListener('submit', (event) => {
  event.preventDefault();
  if (composing) return;
  submit();
  controls.input.focus();
});

byId('jump').addEventListener('click', () => {
  log.toEnd();
  controls.input.focus();
});

// ---- Leaving and coming back ----

// Asks the server to close. If it does not, the page disconnects.
controls.close.addEventListener('click', () => {
  if (state !== 'connected' || closeTimer) return;
  closeTimer = setTimeout(() => connection.disconnect(), CLOSE_WAIT_MS);
  connection.publish(CLOSE_WORD).catch(() => {});
});

controls.reconnect.addEventListener('click', () => {
  controls.input.focus();
  if (config.problem) location.reload();
  else connection.connect();
});

if (!signsIn) {
  new NickDialog((nick) => {
    connection.rename(connectData(signsIn));
    log.rule('notice', texts.renamed(nick));
  });
}

byId('language').textContent = texts.otherLanguage;
byId('language').lang = language === 'en' ? 'zh-Hant' : 'en';
byId('language').addEventListener('click', () => {
  switchLanguage();
  location.reload();
});

// Only narrow windows have an open panel. The style sheet has the same width.
matchMedia('(min-width: 56rem)').addEventListener('change', ({ matches }) => {
  if (matches) controls.panel.togglePopover?.(false);
});

showRoom();
if (!possible) {
  history.replaceState(null, '', addressOf(room));
  showHint(texts.badRoom.url(room), true);
}
if (config.missing) showHint(config.missing, true);
controls.input.focus();
if (config.problem) {
  showState('disconnected');
} else {
  connection.enter(room, typingRoomOf(room));
  connection.connect();
}
